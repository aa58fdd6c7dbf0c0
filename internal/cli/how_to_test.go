package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// markedBlock matches a block of a page that a test carries out, by its mark.
var markedBlock = regexp.MustCompile("(?ms)^<!-- test: ([^>]+) -->\n```[a-z]*\n(.*?)^```$")

// TestYourOwnService follows the page about a service of one's own, up to the hosts.
func TestYourOwnService(t *testing.T) {
	page, err := os.ReadFile("../../docs/how-to/your-own-service.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, m := range markedBlock.FindAllStringSubmatch(string(page), -1) {
		blocks[m[1]] = m[2]
	}
	const lab = "lab: home\nnetwork: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}\nhosts:\n  server: {address: 192.168.1.10}\n"
	script := "exec " + blocks["look"] + `
stdout '^Nothing was changed'
! stdout '^refused'
! exists catalog
exec ` + blocks["add"] + `
stdout 'https://hello.home.home.arpa'
exists catalog/hello/service.yaml catalog/hello/compose.yaml
exec cairn service show hello --files
stdout 'name: cairn-hello_data'
! stdout 'published'
exec cairn validate
cp kept.yaml lab.yaml
rm catalog
exec cairn service show hello --files
stdout 'name: cairn-hello_data'
exec cairn validate
! stdout warning
-- hello.yaml --
` + blocks["hello.yaml"] + "-- lab.yaml --\n" + lab + "-- kept.yaml --\n" + lab + blocks["lab.yaml"]
	file := filepath.Join(t.TempDir(), "page.txtar")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: []string{file}, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error { giveHome(t, env); return nil },
	})
}
