package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
)

const commented = `# my lab
lab: home
network:
  cidr: 192.168.1.0/24 # the house
  gateway: 192.168.1.1
  admin: [192.168.1.0/24]
hosts:
  atlas:
    user: ops            # me
    address: 192.168.1.10   # beside the router
    roles: [server]

  # the one in the cellar
  box: {address: 192.168.1.11, user: ops, roles: [storage]}
  taken:
    address: 192.168.1.12
    user: ops
    roles: [server]
    open: [80/tcp]
`

// TestWriteOpen inserts one line and leaves every other byte as it is.
func TestWriteOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "real.yaml")
	if err := os.WriteFile(path, []byte(commented), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, FileName)
	if err := os.Symlink("real.yaml", link); err != nil {
		t.Fatal(err)
	}
	if err := WriteOpen(link, "atlas", []string{"8096/tcp", "5353/udp"}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(commented, "# beside the router\n", "# beside the router\n    open: [8096/tcp, 5353/udp]\n", 1)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}
}

// TestWriteOpenOnlyWhereItIsSafe leaves to the owner what cannot be inserted with
// a line.
func TestWriteOpenOnlyWhereItIsSafe(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, []byte(commented), 0o600); err != nil {
		t.Fatal(err)
	}
	for host, why := range map[string]string{"box": "its keys are on one line", "taken": "it has the key already"} {
		err := WriteOpen(path, host, []string{"8096/tcp"})
		if problem.CodeOf(err) != problem.LabUnwritten || !strings.Contains(problem.Of(err).Fix, "open: [8096/tcp]") {
			t.Errorf("%s, because %s: %v", host, why, err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != commented {
		t.Errorf("the file was changed, %v:\n%s", err, got)
	}
}
