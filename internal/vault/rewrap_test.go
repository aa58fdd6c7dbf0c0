package vault

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"cairn/internal/problem"
	"cairn/internal/secret"
)

// childDir names the lab in which the test program, run as a child, encrypts all
// secrets again. childTo are the recipients.
const childDir, childTo = "CAIRN_TEST_REWRAP", "CAIRN_TEST_RECIPIENTS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		v, err := Open(Options{Dir: dir, State: filepath.Join(dir, ".cairn"), Recipients: strings.Split(os.Getenv(childTo), ","), Now: time.Now})
		if err == nil {
			_, err = v.Rewrap(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// another is an identity beside the lab's, and a vault that opens with it alone.
func another(t *testing.T, dir string, recipients ...string) (recipient string, v *Vault) {
	t.Helper()
	state := t.TempDir()
	recipient, _, err := MakeIdentity(state, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v, err = Open(Options{Dir: dir, State: state, Recipients: append(recipients, recipient), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return recipient, v
}

// TestRewrap checks that a new recipient reads all values, earlier ones too, and that a
// removed one reads none.
func TestRewrap(t *testing.T) {
	h := newHouse(t)
	_, err := h.Ensure(Declaration{Service: "a", Name: "one", Escrow: true})
	h.must(t, err)
	h.must(t, h.Rotate("a", "one"))
	h.must(t, h.Set(Declaration{Service: "b", Name: "two", Form: Given}, secret.New("two")))
	second, theirs := another(t, h.dir, h.recipient)

	_, err = theirs.Get(t.Context(), "b", "two")
	wantCode(t, err, problem.SecretLocked)
	before, err := h.List()
	h.must(t, err)
	both := openVault(t, h.dir, h.recipient, second)
	for _, e := range before {
		if !both.Due(e) || both.Lost(e) || !openVault(t, h.dir, second).Lost(e) {
			t.Errorf("%+v: due %v, lost %v", e, both.Due(e), both.Lost(e))
		}
	}
	if n, err := both.Rewrap(t.Context()); n != 3 || err != nil {
		t.Fatalf("changed %d, %v", n, err)
	}
	if n, err := both.Rewrap(t.Context()); n != 0 || err != nil {
		t.Errorf("a second time: changed %d, %v", n, err)
	}
	for _, name := range [][2]string{{"a", "one"}, {"b", "two"}} {
		value, err := theirs.Get(t.Context(), name[0], name[1])
		if err != nil || value.Reveal() != h.value(t, name[0], name[1]) {
			t.Errorf("%v: %v", name, err)
		}
	}
	if earlier, err := theirs.Earlier(t.Context(), "a", "one"); err != nil || len(earlier) != 1 {
		t.Errorf("earlier: %v, %v", earlier, err)
	}
	after, err := h.List()
	h.must(t, err)
	for i := range after {
		if both.Due(after[i]) || !after[i].Made.Equal(before[i].Made) || after[i].Form != before[i].Form || after[i].Escrow != before[i].Escrow {
			t.Errorf("%+v became %+v", before[i], after[i])
		}
	}

	// Nobody can remove themselves: nothing changes.
	_, err = openVault(t, h.dir, second).Rewrap(t.Context())
	wantCode(t, err, problem.SecretShutOut)
	h.value(t, "b", "two")

	// The other one can remove us.
	theirs, err = Open(Options{Dir: h.dir, State: theirs.options.State, Recipients: []string{second}, Now: time.Now})
	h.must(t, err)
	if n, err := theirs.Rewrap(t.Context()); n != 3 || err != nil {
		t.Errorf("changed %d, %v", n, err)
	}
	_, err = h.Get(t.Context(), "b", "two")
	wantCode(t, err, problem.SecretLocked)
}

// TestRewrapGoesOnAroundADamagedFile, and names it.
func TestRewrapGoesOnAroundADamagedFile(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"a", "b", "c"} {
		h.must(t, h.Set(Declaration{Service: "web", Name: name, Form: Given}, secret.New(name)))
	}
	h.must(t, os.WriteFile(h.file("web", "b"), []byte("broken"), 0o600))
	second, theirs := another(t, h.dir)
	n, err := openVault(t, h.dir, h.recipient, second).Rewrap(t.Context())
	wantCode(t, err, problem.SecretDamaged)
	if n != 2 || !strings.Contains(err.Error(), "secrets/web/b.age") {
		t.Errorf("changed %d, %v", n, err)
	}
	if value, err := theirs.Get(t.Context(), "web", "c"); err != nil || value.Reveal() != "c" {
		t.Errorf("%v", err)
	}
}

// TestRewrapKilled kills a rewrap at any moment. The old recipient still reads every
// value, and the next call ends the work.
func TestRewrapKilled(t *testing.T) {
	h := newHouse(t)
	const many = 60
	for i := range many {
		h.must(t, h.Set(Declaration{Service: "web", Name: fmt.Sprintf("s%d", i), Form: Given}, secret.New(fmt.Sprintf("value %d", i))))
	}
	recipients := []string{h.recipient}
	inMiddle := 0
	for round := range 8 {
		extra, err := age.GenerateX25519Identity()
		h.must(t, err)
		recipients = []string{h.recipient, extra.Recipient().String()}
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+h.dir, childTo+"="+strings.Join(recipients, ","))
		h.must(t, child.Start())
		// It is killed after so many files.
		for until := time.Now().Add(10 * time.Second); done(t, h, recipients) < 1+round*6 && time.Now().Before(until); {
			time.Sleep(200 * time.Microsecond)
		}
		_ = child.Process.Kill()
		_ = child.Wait()
		if n := done(t, h, recipients); n > 0 && n < many {
			inMiddle++
		}
		for i := range many {
			if got := h.value(t, "web", fmt.Sprintf("s%d", i)); got != fmt.Sprintf("value %d", i) {
				t.Fatalf("s%d is %q", i, got)
			}
		}
	}
	if inMiddle < 4 {
		t.Errorf("only %d of 8 were killed in the middle", inMiddle)
	}
	v := openVault(t, h.dir, recipients...)
	if _, err := v.Rewrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := done(t, h, recipients); n != many {
		t.Errorf("%d of %d are done", n, many)
	}

	// The next write removes what killed ones left.
	h.must(t, os.WriteFile(filepath.Join(h.dir, "secrets", "web", ".new-1"), nil, 0o600))
	h.must(t, v.Set(Declaration{Service: "web", Name: "last", Form: Given}, secret.New("v")))
	if all, err := os.ReadDir(filepath.Join(h.dir, "secrets", "web")); err != nil || len(all) != many+1 {
		t.Errorf("%d files, %v", len(all), err)
	}
}

// done is how many secrets are for all the recipients.
func done(t *testing.T, h *house, recipients []string) int {
	t.Helper()
	v := openVault(t, h.dir, recipients...)
	entries, err := v.List()
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(entries, v.Due))
}

// TestSetDuringRewrap writes a value during a rewrap. It is not lost.
func TestSetDuringRewrap(t *testing.T) {
	h := newHouse(t)
	for i := range 20 {
		h.must(t, h.Set(Declaration{Service: "web", Name: fmt.Sprintf("s%d", i), Form: Given}, secret.New("old")))
	}
	second, _ := another(t, h.dir)
	both := openVault(t, h.dir, h.recipient, second)
	var wait sync.WaitGroup
	wait.Go(func() {
		if _, err := both.Rewrap(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for i := range 20 {
		h.must(t, both.Set(Declaration{Service: "web", Name: fmt.Sprintf("s%d", 19-i), Form: Given}, secret.New("new")))
	}
	wait.Wait()
	for i := range 20 {
		if got := h.value(t, "web", fmt.Sprintf("s%d", i)); got != "new" {
			t.Errorf("s%d is %q", i, got)
		}
	}
}
