package agents

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTheSumIsThePackedProgrammes(t *testing.T) {
	if len(All()) == 0 {
		t.Skip("the agents are not built: run `make agents`")
	}
	for arch, agent := range All() {
		unpacked, err := gzip.NewReader(bytes.NewReader(agent.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.New()
		if _, err := io.Copy(digest, unpacked); err != nil {
			t.Fatal(err)
		}
		if sum := hex.EncodeToString(digest.Sum(nil)); sum != agent.Sum || Sums()[arch] != sum {
			t.Errorf("%s: the program has the hash %s, the package says %s", arch, sum, agent.Sum)
		}
	}
}

// The agent has a budget, as it is brought to every host. It stays small, runs on
// every Linux, and has neither a database nor a web server.
func TestTheAgentIsSmall(t *testing.T) {
	const most = 6_000_000 // bytes
	if len(All()) == 0 {
		t.Skip("the agents are not built: run `make agents`")
	}
	for arch, agent := range All() {
		unpacked, err := gzip.NewReader(bytes.NewReader(agent.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		program, err := io.ReadAll(unpacked)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %d packed", arch, len(program), len(agent.Gzip))
		if len(program) > most {
			t.Errorf("%s: the agent has %d bytes, the budget is %d", arch, len(program), most)
		}
		file, err := elf.NewFile(bytes.NewReader(program))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range file.Progs {
			if part.Type == elf.PT_INTERP {
				t.Errorf("%s: the agent needs a loader: it is not static", arch)
			}
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "cairn/cmd/cairn-agent").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if name == "net/http" || strings.HasPrefix(name, "modernc.org/") {
			t.Errorf("the agent has %s", name)
		}
	}
}

func TestRead(t *testing.T) {
	var noSum bytes.Buffer
	if err := gzip.NewWriter(&noSum).Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, content, wrong string
	}{
		"no agents":    {"bin/README", "text", ""},
		"no gzip":      {"bin/amd64.gz", "text", "amd64.gz"},
		"without hash": {"bin/amd64.gz", noSum.String(), "make agents"},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := read(fstest.MapFS{c.file: {Data: []byte(c.content)}})
			switch {
			case c.wrong == "" && (err != nil || len(all) != 0):
				t.Errorf("read = %v, %v", all, err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("read = %v, want an error about %s", err, c.wrong)
			}
		})
	}
}
