package vault

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"cairn/internal/authority"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/testkey"
)

// house is a lab's folder with a vault in it.
type house struct {
	*Vault
	dir       string
	recipient string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	state := filepath.Join(dir, ".cairn")
	if err := os.MkdirAll(state, 0o700); err != nil {
		t.Fatal(err)
	}
	recipient, made, err := MakeIdentity(state, time.Now())
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	return &house{openVault(t, dir, recipient), dir, recipient}
}

func openVault(t testing.TB, dir string, recipients ...string) *Vault {
	t.Helper()
	v, err := Open(Options{Dir: dir, State: filepath.Join(dir, ".cairn"), Recipients: recipients, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (h *house) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) value(t testing.TB, service, name string) string {
	t.Helper()
	value, err := h.Get(t.Context(), service, name)
	if err != nil {
		t.Fatal(err)
	}
	return value.Reveal()
}

// file is the path of a secret's file.
func (h *house) file(service, name string) string {
	return filepath.Join(h.dir, "secrets", service, name+".age")
}

func wantCode(t testing.TB, err error, want problem.Code) {
	t.Helper()
	if got := problem.CodeOf(err); got != want {
		t.Errorf("code %q of %v, want %q", got, err, want)
	}
}

// TestForms checks that made values have the declared form, and are never the same.
func TestForms(t *testing.T) {
	for _, one := range []struct {
		d    Declaration
		want string
	}{
		{Declaration{}, `^[A-Za-z0-9]{32}$`},
		{Declaration{Form: Password, Length: 50}, `^[A-Za-z0-9]{50}$`},
		{Declaration{Form: Hex}, `^[0-9a-f]{64}$`},
		{Declaration{Form: Hex, Length: 16}, `^[0-9a-f]{32}$`},
		{Declaration{Form: Base64}, `^[A-Za-z0-9+/]{43}=$`},
		{Declaration{Form: UUID}, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
	} {
		one.d.Service, one.d.Name = "web", "key"
		seen := map[string]bool{}
		for range 50 {
			value, err := Generate(one.d)
			if err != nil || !regexp.MustCompile(one.want).MatchString(value.Reveal()) || seen[value.Reveal()] {
				t.Fatalf("%+v: %q, %v", one.d, value.Reveal(), err)
			}
			seen[value.Reveal()] = true
		}
	}
	for _, d := range []Declaration{{Length: 15}, {Length: 513}, {Length: -1}, {Form: "pin"}, {Form: Authority}, {Form: Authority, Domain: "Home Example"}} {
		d.Service, d.Name = "web", "key"
		_, err := Generate(d)
		wantCode(t, err, problem.SecretValue)
	}
	_, err := Generate(Declaration{Service: "web", Name: "key", Form: Given})
	wantCode(t, err, problem.SecretGiven)
}

// TestAnAuthorityIsRotated checks that a new authority is for the same domain.
func TestAnAuthorityIsRotated(t *testing.T) {
	v := newHouse(t)
	d := Declaration{Service: "ca", Name: "authority", Form: Authority, Domain: "home.example", Escrow: true}
	if _, err := v.Ensure(d); err != nil {
		t.Fatal(err)
	}
	read := func() authority.Parts {
		value, err := v.Get(t.Context(), "ca", "authority")
		if err != nil {
			t.Fatal(err)
		}
		parts, err := authority.Parse(value.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		return parts
	}
	before := read()
	if err := v.Rotate("ca", "authority"); err != nil {
		t.Fatal(err)
	}
	after := read()
	block, _ := pem.Decode([]byte(after.Root))
	root, err := x509.ParseCertificate(block.Bytes)
	if err != nil || after == before || !slices.Equal(root.PermittedDNSDomains, []string{"home.example"}) {
		t.Errorf("%v, %v", root.PermittedDNSDomains, err)
	}
}

// TestPasswordsAreFair checks that no letter comes more often than chance allows.
func TestPasswordsAreFair(t *testing.T) {
	counts := map[rune]int{}
	const each = 1000
	for _, r := range password(each * len(letters)) {
		counts[r]++
	}
	for _, r := range letters {
		if n := counts[r]; n < each*3/4 || n > each*5/4 {
			t.Errorf("%c came %d times of about %d", r, n, each)
		}
	}
}

// TestRoundTrip sets values of all kinds and reads them back. They are nowhere in plain
// text, and any program that knows age opens their files.
func TestRoundTrip(t *testing.T) {
	h := newHouse(t)
	_, keys, err := readIdentity(h.identityPath())
	h.must(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		value := string(rapid.SliceOfN(rapid.Byte(), 1, 4000).Draw(rt, "value"))
		d := Declaration{
			Service: rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?`).Draw(rt, "service"),
			Name:    rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?`).Draw(rt, "name"),
			Form:    Given, Escrow: rapid.Bool().Draw(rt, "escrow"),
		}
		if err := h.Set(d, secret.New(value)); err != nil {
			rt.Fatal(err)
		}
		got, err := h.Get(context.Background(), d.Service, d.Name)
		if err != nil || got.Reveal() != value {
			rt.Fatalf("%q came back as %q, %v", value, got.Reveal(), err)
		}
		body, err := os.ReadFile(h.file(d.Service, d.Name))
		if err != nil || len(value) > 3 && bytes.Contains(body, []byte(value)) {
			rt.Fatalf("in plain, or %v", err)
		}
		plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(body)), keys[0])
		if err != nil {
			rt.Fatal(err)
		}
		if by, err := io.ReadAll(plain); err != nil || string(by) != value {
			rt.Fatalf("age reads %q, %v", by, err)
		}
		if n, err := noteOf("", body); err != nil || n.Escrow != d.Escrow {
			rt.Fatalf("note %+v, %v", n, err)
		}
	})
}

// TestEnsureNeverOverwrites, also when many programs declare the same at once.
func TestEnsureNeverOverwrites(t *testing.T) {
	h := newHouse(t)
	d := Declaration{Service: "grafana", Name: "admin-password", Escrow: true}
	var wait sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 16 {
		v := openVault(t, h.dir, h.recipient)
		wait.Go(func() {
			did, err := v.Ensure(d)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if did {
				made++
			}
		})
	}
	wait.Wait()
	if made != 1 {
		t.Fatalf("%d of 16 made it", made)
	}
	before := h.value(t, "grafana", "admin-password")
	d.Form, d.Length = Hex, 64
	if did, err := h.Ensure(d); did || err != nil {
		t.Errorf("made %v, %v", did, err)
	}
	if got := h.value(t, "grafana", "admin-password"); got != before || len(got) != 32 {
		t.Errorf("%q became %q", before, got)
	}
	entries, err := h.List()
	if err != nil || len(entries) != 1 || entries[0].Earlier != 0 || !entries[0].Escrow || entries[0].Readers[0] != h.recipient {
		t.Errorf("%+v, %v", entries, err)
	}
}

// TestUnsafeNames tries names that could be paths. Nothing is read or written there.
func TestUnsafeNames(t *testing.T) {
	h := newHouse(t)
	h.must(t, h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("v")))
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/etc", "a.b", "A", "a b", "a\n", "-a", "a-", "ä", "a\x00", strings.Repeat("a", 64)} {
		for _, pair := range [][2]string{{name, "key"}, {"web", name}} {
			_, err := h.Get(t.Context(), pair[0], pair[1])
			wantCode(t, err, problem.SecretName)
			wantCode(t, h.Set(Declaration{Service: pair[0], Name: pair[1], Form: Given}, secret.New("v")), problem.SecretName)
			_, err = h.Ensure(Declaration{Service: pair[0], Name: pair[1]})
			wantCode(t, err, problem.SecretName)
			wantCode(t, h.Rotate(pair[0], pair[1]), problem.SecretName)
			wantCode(t, h.Remove(pair[0], pair[1]), problem.SecretName)
			wantCode(t, h.Forget(pair[0], pair[1], time.Now()), problem.SecretName)
		}
	}
}

// TestLinksAreNotFollowed puts links into the repository. Nothing outside is read or
// overwritten.
func TestLinksAreNotFollowed(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	d := Declaration{Service: "web", Name: "key", Form: Given}
	for name, link := range map[string]func(h *house) (string, string){
		"the file":    func(h *house) (string, string) { return outside, h.file("web", "key") },
		"the service": func(h *house) (string, string) { return filepath.Dir(outside), filepath.Join(h.dir, "secrets", "web") },
		"the secrets": func(h *house) (string, string) { return filepath.Dir(outside), filepath.Join(h.dir, "secrets") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.must(t, os.WriteFile(outside, []byte("planted"), 0o600))
			target, at := link(h)
			h.must(t, os.MkdirAll(filepath.Dir(at), 0o700))
			h.must(t, os.Symlink(target, at))
			_, err := h.Get(t.Context(), "web", "key")
			wantCode(t, err, problem.SecretLink)
			wantCode(t, h.Set(d, secret.New("v")), problem.SecretLink)
			if entries, err := h.List(); err == nil && (len(entries) > 1 || len(entries) == 1 && entries[0].Fault == nil) {
				t.Errorf("listed: %+v", entries)
			}
			if got, _ := os.ReadFile(outside); string(got) != "planted" {
				t.Errorf("outside is now %q", got)
			}
			if all, _ := os.ReadDir(filepath.Dir(outside)); len(all) != 1 {
				t.Errorf("outside are now %v", all)
			}
		})
	}
}

// TestRotate checks that the earlier value stays readable until it is forgotten.
func TestRotate(t *testing.T) {
	h := newHouse(t)
	d := Declaration{Service: "n8n", Name: "db", Form: Hex, Length: 16, Escrow: true}
	_, err := h.Ensure(d)
	h.must(t, err)
	values := []string{h.value(t, "n8n", "db")}
	for range 3 {
		h.must(t, h.Rotate("n8n", "db"))
		values = append(values, h.value(t, "n8n", "db"))
	}
	earlier, err := h.Earlier(t.Context(), "n8n", "db")
	if err != nil || len(earlier) != 3 {
		t.Fatalf("%d earlier values, %v", len(earlier), err)
	}
	for i, e := range earlier {
		if e.Value.Reveal() != values[i] || len(values[i]) != 32 {
			t.Errorf("value %d is not the one that was in use", i)
		}
	}
	entries, err := h.List()
	if err != nil || len(entries) != 1 || entries[0].Earlier != 3 || entries[0].Form != Hex || !entries[0].Escrow {
		t.Errorf("%+v, %v", entries, err)
	}
	h.must(t, h.Forget("n8n", "db", earlier[0].Made))
	if left, err := h.Earlier(t.Context(), "n8n", "db"); err != nil || len(left) != 2 || left[0].Made != earlier[1].Made {
		t.Errorf("left: %v, %v", left, err)
	}
	h.must(t, h.Remove("n8n", "db"))
	if all, err := os.ReadDir(filepath.Join(h.dir, "secrets")); err != nil || len(all) != 0 {
		t.Errorf("left: %v, %v", all, err)
	}
	wantCode(t, h.Rotate("n8n", "db"), problem.SecretMissing)
	h.must(t, h.Set(Declaration{Service: "n8n", Name: "token", Form: Given}, secret.New("mine")))
	wantCode(t, h.Rotate("n8n", "token"), problem.SecretGiven)
}

// TestRotateKilledInBetween kills a rotation between its two files, when both have the
// same value. It must not count as an earlier value. Otherwise the proof that it opens
// nothing would shut the service out.
func TestRotateKilledInBetween(t *testing.T) {
	h := newHouse(t)
	_, err := h.Ensure(Declaration{Service: "n8n", Name: "db"})
	h.must(t, err)
	first := h.value(t, "n8n", "db")
	now, err := h.inUse("n8n", "db")
	h.must(t, err)
	h.must(t, h.write(file{"n8n", "db", now.note.Made}, now.body)) // and then it was killed
	if earlier, err := h.Earlier(t.Context(), "n8n", "db"); err != nil || len(earlier) != 0 {
		t.Errorf("earlier: %v, %v", earlier, err)
	}
	if entries, err := h.List(); err != nil || len(entries) != 1 || entries[0].Earlier != 0 {
		t.Errorf("%+v, %v", entries, err)
	}
	h.must(t, h.Rotate("n8n", "db"))
	earlier, err := h.Earlier(t.Context(), "n8n", "db")
	if err != nil || len(earlier) != 1 || earlier[0].Value.Reveal() != first {
		t.Errorf("earlier: %v, %v", earlier, err)
	}
}

// TestClockPutBack checks that a value is newer than the one before, even if the clock
// went back.
func TestClockPutBack(t *testing.T) {
	h := newHouse(t)
	_, err := h.Ensure(Declaration{Service: "n8n", Name: "db"})
	h.must(t, err)
	h.options.Now = func() time.Time { return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC) }
	h.must(t, h.Rotate("n8n", "db"))
	h.must(t, h.Rotate("n8n", "db"))
	earlier, err := h.Earlier(t.Context(), "n8n", "db")
	entries, err2 := h.List()
	if err != nil || err2 != nil || len(earlier) != 2 || !earlier[1].Made.After(earlier[0].Made) || !entries[0].Made.After(earlier[1].Made) {
		t.Errorf("%v, %+v, %v", earlier, entries, errors.Join(err, err2))
	}
}

// sshKey writes an SSH key and returns its path and its recipient.
func sshKey(t testing.TB, passphrase string) (path, recipient string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "id_ed25519")
	return path, string(ssh.MarshalAuthorizedKey(testkey.Write(t, path, passphrase).PublicKey()))
}

// TestSSHKeys opens secrets with an owner's SSH key. Its passphrase is asked for only if
// a secret needs the key.
func TestSSHKeys(t *testing.T) {
	for _, passphrase := range []string{"", "correct horse"} {
		h := newHouse(t)
		path, recipient := sshKey(t, passphrase)
		asked := 0
		h.options.SSHKeys = []string{filepath.Join(h.dir, "none"), path}
		h.options.Ask = func(context.Context, string) (secret.Text, error) {
			asked++
			return secret.New("correct horse"), nil
		}
		h.must(t, h.Set(Declaration{Service: "web", Name: "lab", Form: Given}, secret.New("for the lab")))
		forSSH, err := Open(Options{Dir: h.dir, State: h.options.State, Recipients: []string{recipient}, Now: time.Now})
		h.must(t, err)
		h.must(t, forSSH.Set(Declaration{Service: "web", Name: "ssh", Form: Given}, secret.New("for the key")))
		if got := h.value(t, "web", "lab"); got != "for the lab" || asked != 0 {
			t.Errorf("%q, asked %d times", got, asked)
		}
		if got := h.value(t, "web", "ssh"); got != "for the key" || passphrase != "" && asked != 1 {
			t.Errorf("%q, asked %d times", got, asked)
		}
		if passphrase == "" {
			continue
		}
		h.options.Ask = func(context.Context, string) (secret.Text, error) { return secret.New("wrong"), nil }
		_, err = h.Get(t.Context(), "web", "ssh")
		wantCode(t, err, problem.SecretIdentity)
		h.options.Ask = nil
		_, err = h.Get(t.Context(), "web", "ssh")
		wantCode(t, err, problem.HostPromptNeeded)
	}
}

// TestRecipients checks that anything but a public key is refused, and never repeated.
func TestRecipients(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path, sshRecipient := sshKey(t, "")
	private, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{key.Recipient().String(), " " + key.Recipient().String(), sshRecipient, strings.TrimSpace(sshRecipient) + " me@laptop"} {
		if plain, err := PlainRecipient(text); err != nil || !regexp.MustCompile(RecipientPattern).MatchString(plain) {
			t.Errorf("%q: %q, %v", text, plain, err)
		}
	}
	for _, text := range []string{key.String(), strings.ToLower(key.String()), string(private)} {
		if _, err := PlainRecipient(text); !errors.Is(err, ErrPrivate) {
			t.Errorf("a private key gives %v", err)
		}
	}
	for _, text := range []string{"", "hunter2", key.Recipient().String() + "x", "age1pq1hunter2", "ssh-ed25519 hunter2", "ssh-rsa hunter2", sshRecipient + sshRecipient} {
		_, err := PlainRecipient(text)
		if err == nil || errors.Is(err, ErrPrivate) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestDamaged checks that each fault of a file has a name, and that no message repeats
// what is in the file.
func TestDamaged(t *testing.T) {
	h := newHouse(t)
	h.must(t, h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("planted")))
	whole, err := os.ReadFile(h.file("web", "key"))
	h.must(t, err)
	for name, body := range map[string][]byte{
		"empty": nil, "plain": []byte("planted"), "cut": whole[:len(whole)/2], "no end": whole[:len(whole)-30], "only a frame": []byte(armor.Header + "\n" + armor.Footer + "\n"),
		"plain in a frame": []byte(armor.Header + "\nplanted\n" + armor.Footer + "\n"),
		"a conflict":       []byte("<<<<<<< ours\n" + string(whole) + "=======\n" + string(whole) + ">>>>>>> theirs\n"),
		"twice":            append(bytes.Clone(whole), whole...), "too long": bytes.Repeat(whole, 1000),
	} {
		h.must(t, os.WriteFile(h.file("web", "key"), body, 0o600))
		_, err := h.Get(t.Context(), "web", "key")
		wantCode(t, err, problem.SecretDamaged)
		if strings.Contains(fmt.Sprint(err), "planted") {
			t.Errorf("%s: %v", name, err)
		}
		wantCode(t, h.Rotate("web", "key"), problem.SecretDamaged)
		if entries, err := h.List(); err != nil || len(entries) != 1 || problem.CodeOf(entries[0].Fault) != problem.SecretDamaged {
			t.Errorf("%s: %+v, %v", name, entries, err)
		}
	}
	lines := strings.Split(string(whole), "\n")
	for i := 1; i < len(lines)-2; i++ { // each line, one letter of it changed
		changed := []byte(lines[i])
		changed[len(changed)/2] ^= 1
		other := append([]string{}, lines...)
		other[i] = string(changed)
		h.must(t, os.WriteFile(h.file("web", "key"), []byte(strings.Join(other, "\n")), 0o600))
		value, err := h.Get(t.Context(), "web", "key")
		if code := problem.CodeOf(err); err == nil || code != problem.SecretDamaged && code != problem.SecretLocked {
			t.Errorf("line %d changed: %q, %v", i, value.Reveal(), err)
		}
	}
}

// TestWhoCannotRead checks that the error names the identity that is needed.
func TestWhoCannotRead(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	h.must(t, h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("planted")))
	mine, err := os.ReadFile(h.identityPath())
	h.must(t, err)
	theirs, err := os.ReadFile(other.identityPath())
	h.must(t, err)

	h.must(t, os.WriteFile(h.identityPath(), theirs, 0o600))
	_, err = h.Get(t.Context(), "web", "key")
	wantCode(t, err, problem.SecretLocked)
	if !strings.Contains(fmt.Sprint(err), Short(h.recipient)) {
		t.Errorf("it is not said whom it is for: %v", err)
	}
	h.must(t, os.Remove(h.identityPath()))
	_, err = h.Get(t.Context(), "web", "key")
	wantCode(t, err, problem.SecretNoIdentity)

	for _, wrong := range []string{"", "# nothing\n", "planted\n", string(mine[:len(mine)-9]), strings.ToLower(string(mine))} {
		h.must(t, os.WriteFile(h.identityPath(), []byte(wrong), 0o600))
		_, err = h.Get(t.Context(), "web", "key")
		wantCode(t, err, problem.SecretIdentity)
		if strings.Contains(fmt.Sprint(err), "planted") || strings.Contains(fmt.Sprint(err), "SECRET-KEY-1Q") {
			t.Errorf("the identity is repeated: %v", err)
		}
	}
	h.must(t, os.WriteFile(h.identityPath(), mine, 0o600))
	h.must(t, os.Chmod(h.identityPath(), 0o644))
	_, err = h.Get(t.Context(), "web", "key")
	wantCode(t, err, problem.SecretIdentity)
	if err := h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("")); problem.CodeOf(err) != problem.SecretValue {
		t.Errorf("an empty value: %v", err)
	}
	if err := openVault(t, h.dir).Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("v")); problem.CodeOf(err) != problem.SecretNoRecipient {
		t.Errorf("without recipients: %v", err)
	}
}

// TestForeignFile reads a file of plain age. It stays as it is until it is replaced or
// rewrapped.
func TestForeignFile(t *testing.T) {
	h := newHouse(t)
	r, err := parseRecipient(h.recipient)
	h.must(t, err)
	var body bytes.Buffer
	armoured := armor.NewWriter(&body)
	plain, err := age.Encrypt(armoured, r.key)
	h.must(t, err)
	_, err = io.WriteString(plain, "by hand")
	h.must(t, errors.Join(err, plain.Close(), armoured.Close()))
	h.must(t, os.MkdirAll(filepath.Join(h.dir, "secrets", "web"), 0o755))
	h.must(t, os.WriteFile(h.file("web", "key"), body.Bytes(), 0o644))

	entries, err := h.List()
	if err != nil || len(entries) != 1 || entries[0].Readers != nil || entries[0].Form != Given || h.Lost(entries[0]) {
		t.Errorf("%+v, %v", entries, err)
	}
	if got := h.value(t, "web", "key"); got != "by hand" {
		t.Errorf("%q", got)
	}
	if n, err := h.Rewrap(t.Context()); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	h.must(t, h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("anew")))
	earlier, err := h.Earlier(t.Context(), "web", "key")
	if err != nil || len(earlier) != 1 || earlier[0].Value.Reveal() != "by hand" {
		t.Errorf("%v, %v", earlier, err)
	}
}

// TestMakeIdentityAtOnce makes the identity many times at once. One succeeds, and all
// get the same.
func TestMakeIdentityAtOnce(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	var mu sync.Mutex
	seen, made := map[string]bool{}, 0
	for range 16 {
		wait.Go(func() {
			recipient, did, err := MakeIdentity(dir, time.Now())
			mu.Lock()
			defer mu.Unlock()
			seen[recipient] = true
			if did {
				made++
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	info, err := os.Stat(filepath.Join(dir, IdentityName))
	if len(seen) != 1 || made != 1 || err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, made %d, %v", seen, made, err)
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("left: %v", all)
	}
}

// FuzzFile reads files of any content. No content ends the program, and a damaged file
// is refused.
func FuzzFile(f *testing.F) {
	h := newHouse(f)
	h.must(f, h.Set(Declaration{Service: "web", Name: "key", Form: Given}, secret.New("planted")))
	whole, err := os.ReadFile(h.file("web", "key"))
	h.must(f, err)
	_, keys, err := readIdentity(h.identityPath())
	h.must(f, err)
	f.Add(whole)
	f.Add(whole[:100])
	f.Add([]byte(armor.Header + "\nYWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n" + armor.Footer))
	f.Fuzz(func(t *testing.T, body []byte) {
		value, err := opened("a", body, []age.Identity{keys[0]})
		if err == nil && value.Reveal() != "planted" {
			t.Errorf("opened to %q", value.Reveal())
		}
		n, noteErr := noteOf("a", body)
		if err == nil && (noteErr != nil || n == nil) {
			t.Errorf("opened, but its note: %+v, %v", n, noteErr)
		}
	})
}
