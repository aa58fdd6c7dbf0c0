package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"cairn/internal/problem"
	"cairn/internal/testkey"
)

func TestKnownHostsKeepWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	one, two := testkey.New(t).PublicKey(), testkey.New(t).PublicKey()
	kept := "# written by hand\n\n" + knownhosts.Line([]string{"one"}, one) + " a comment\n"
	writeFile(t, filepath.Join(dir, "known_hosts"), kept+"two,second "+keyText(two)+"\n")
	k, err := openKnownHosts(dir)
	must(t, err)
	for name, want := range map[string]ssh.PublicKey{"one": one, "two": two, "second": two} {
		if key, known := k.key(name); !known || ssh.FingerprintSHA256(key) != ssh.FingerprintSHA256(want) {
			t.Errorf("%s has the key %v", name, key)
		}
	}
	must(t, k.forget("two"))
	if content := must1(os.ReadFile(k.path))(t); string(content) != kept {
		t.Errorf("the file is\n%s", content)
	}
	must(t, k.pin("two", one))
	if content := must1(os.ReadFile(k.path))(t); string(content) != kept+knownhosts.Line([]string{"two"}, one)+"\n" {
		t.Errorf("the file is\n%s", content)
	}
	wantCode(t, k.pin("two", two), problem.HostKeyChanged, "two")
}

func keyText(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func TestKnownHostsCorrupt(t *testing.T) {
	good := knownhosts.Line([]string{"one"}, testkey.New(t).PublicKey()) + "\n"
	for name, line := range map[string]string{
		"no key": "two", "rubbish": "two ssh-ed25519 AAAA", "cut off": good[:len(good)/2], "binary": "\x00\x01\x02",
		"marker": "@cert-authority " + strings.TrimSpace(good), "three words of nothing": "a b c",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "known_hosts")
			writeFile(t, path, good+line+"\n"+good)
			_, err := openKnownHosts(dir)
			wantCode(t, err, problem.HostKnownHostsBad)
			if where := problem.Of(err).Where; where != path+":2" {
				t.Errorf("the problem is at %s", where)
			}
		})
	}
}

func TestKnownHostsThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir+"/file", "")
	k := &knownHosts{path: dir + "/file/known_hosts"}
	wantCode(t, k.pin("one", testkey.New(t).PublicKey()), problem.HostKnownHostsBad)
	if _, known := k.key("one"); known {
		t.Error("a key counts as pinned without being on the disk")
	}
}

// Several programs that pin at the same time lose no key of each other. Nobody
// reads half a file.
func TestKnownHostsOfSeveralPrograms(t *testing.T) {
	dir := t.TempDir()
	const programs, each = 4, 25
	var wait sync.WaitGroup
	for p := range programs {
		k, err := openKnownHosts(dir)
		must(t, err)
		key := testkey.New(t).PublicKey()
		wait.Go(func() {
			for i := range each {
				if err := k.pin(fmt.Sprintf("host-%d-%d", p, i), key); err != nil {
					t.Error(err)
				}
				if _, err := openKnownHosts(dir); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	k, err := openKnownHosts(dir)
	must(t, err)
	if len(k.keys) != programs*each {
		t.Errorf("%d keys are pinned, want %d", len(k.keys), programs*each)
	}
}

func FuzzKnownHost(f *testing.F) {
	f.Add([]byte("box ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0sn9kVxS8i1G1XG2lV2zQ8mB1gW0ZJ5q3b2o7k1d0A"))
	f.Add([]byte("# comment"))
	f.Add([]byte("@revoked * ssh-rsa AAAA"))
	f.Fuzz(func(t *testing.T, line []byte) {
		names, key, err := parseKnownHost(line)
		if err == nil && (key == nil) != (len(names) == 0) {
			t.Errorf("names %q with the key %v", names, key)
		}
	})
}
