package cli

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsAreNowhereInPlain plants a value and looks for it wherever a lab leaves
// traces: in what commands print, in the lab's folder, and in the journal.
func TestSecretsAreNowhereInPlain(t *testing.T) {
	const planted = "hunter2-planted"
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("HOME", dir)
	t.Setenv("SSH_AUTH_SOCK", "")
	var said bytes.Buffer
	run := func(in string, args ...string) string {
		var out bytes.Buffer
		Run(context.Background(), args, Streams{In: strings.NewReader(in), Out: &out, Err: &said})
		return out.String()
	}
	said.WriteString(run("", "init", "--user", "anna"))
	for _, name := range []string{"key", "key", "other"} {
		said.WriteString(run(planted+"\n", "secret", "set", "web", name))
	}
	for _, form := range []string{"text", "json", "ndjson"} {
		for _, args := range [][]string{
			{"secret", "list"}, {"secret", "rotate", "web", "key"}, {"secret", "rewrap"}, {"secret", "escrow"}, {"validate"}, {"status"}, {"plan"}, {"case", "show"},
			{"secret", "get", "web", "nothing"}, {"secret", "set", "web", "key", planted, "-o"}, {"__complete", "secret", "get", "web", ""},
		} {
			said.WriteString(run("", append(args, "-o", form)...))
		}
	}
	if got := run("", "secret", "get", "web", "key"); got != planted+"\n" {
		t.Fatalf("get gives %q: %s", got, said.String())
	}
	identity, err := os.ReadFile(filepath.Join(dir, ".cairn", "identity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), `"service"`) || strings.Contains(said.String(), planted) {
		t.Errorf("printed:\n%s", said.String())
	}
	private := string(identity[bytes.Index(identity, []byte("AGE-SECRET-KEY-1")):])
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		switch {
		case bytes.Contains(body, []byte(planted)):
			t.Errorf("%s holds the value", path)
		case d.Name() != "identity.txt" && bytes.Contains(body, []byte(strings.TrimSpace(private))):
			t.Errorf("%s holds the identity", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
