package lab

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	_ "embed" // for the template

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/system"
)

// StateDirName is the folder beside a lab file that holds Cairn's own files.
const StateDirName = ".cairn"

// SchemaName is the name of the schema's file in the state folder.
const SchemaName = "lab.schema.json"

// InitOptions are what is known about a new lab. All fields are optional.
type InitOptions struct {
	Name    string       // the lab's name; "home" if empty
	User    string       // the owner's user on the hosts; if empty, the current user, or "ops" if that name is not allowed
	CIDR    netip.Prefix // the network of this machine
	Gateway netip.Addr   // its router
	Address netip.Addr   // the first host's address
	Now     time.Time    // the example's waiver ends a year later; without it there is no waiver
}

//go:embed lab.yaml.tmpl
var labTemplate string

// gitignore keeps the journal, locks and other local files out of the owner's
// repository. The pinned host keys are tracked, because they belong to the lab like
// its addresses.
const gitignore = `# Cairn's own. What is kept: the pinned host keys and the schema of lab.yaml.
*
!.gitignore
!known_hosts
!` + SchemaName + `
`

// Init writes a first lab file into a folder, and beside it the state folder with the
// schema and the identity that opens the lab's secrets. It creates the folder if it is missing. It returns the paths of the
// files it wrote, in that order. Init overwrites nothing. If there is a lab file
// already, it writes nothing and returns a problem with the code LabExists. Each
// file is written completely or not at all, the lab file last. If the options do
// not make a valid lab, the error is a problem with the code LabBadValue or
// LabInvalid.
func Init(dir string, options InitOptions) ([]string, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Lstat(path); err == nil {
		return nil, problem.New(problem.LabExists, path, "there is a lab file already")
	}
	options = options.filled()
	if err := options.check(); err != nil {
		return nil, err
	}
	if _, err := Parse(path, render(options, "")); err != nil {
		return nil, err
	}
	recipient, written, err := MakeIdentity(dir, options.Now)
	if err != nil {
		return written, err
	}
	files := []struct {
		path string
		body []byte
	}{
		{filepath.Join(dir, StateDirName, SchemaName), Schema()},
		{path, render(options, recipient)},
	}
	for _, f := range files {
		wrote, err := writeNew(f.path, f.body)
		if err != nil {
			return written, fmt.Errorf("write %s: %w", f.path, err)
		}
		if wrote {
			written = append(written, f.path)
		}
	}
	return written, nil
}

// filled returns the options with a value in each field that the template needs.
func (o InitOptions) filled() InitOptions {
	o.Name = cmp.Or(o.Name, "home")
	o.User = cmp.Or(o.User, currentUser(), defaultUser)
	if !o.CIDR.IsValid() || !o.CIDR.Addr().Is4() {
		o.CIDR = netip.MustParsePrefix("192.168.1.0/24")
		o.Gateway = netip.MustParseAddr("192.168.1.1")
	}
	o.CIDR = o.CIDR.Masked()
	if !o.Address.IsValid() {
		o.Address = o.free()
	}
	return o
}

// check tests the names before they are written into YAML, where some would mean
// something else.
func (o InitOptions) check() error {
	for _, given := range []struct {
		text string
		form *document.Form
	}{{o.Name, labNameForm}, {o.User, userForm}} {
		if found := given.form.Inspect(given.text); found != nil {
			return problem.New(problem.LabBadValue, "", found.Message).WithFix("give " + found.Expected)
		}
	}
	return nil
}

// free returns the tenth address of the network. In a small network it is the first
// one that is not the gateway's.
func (o InitOptions) free() netip.Addr {
	tenth := o.CIDR.Addr().As4()
	tenth[3] += 10
	if a := netip.AddrFrom4(tenth); o.CIDR.Bits() <= 28 && a != o.Gateway {
		return a
	}
	first := o.CIDR.Addr().Next()
	if first == o.Gateway {
		return first.Next()
	}
	return first
}

// currentUser returns the name of the current user, or "" if it cannot be the lab's
// user, like root.
func currentUser() string {
	u, err := user.Current()
	if err != nil || userForm.Inspect(u.Username) != nil {
		return ""
	}
	return u.Username
}

// render fills in the template. Without a recipient it leaves the secrets out.
func render(options InitOptions, recipient string) []byte {
	var b bytes.Buffer
	t := template.Must(template.New(FileName).Parse(labTemplate))
	data := struct {
		InitOptions
		Schema, Expires, Recipient string
		Choices                    []templateChoice
	}{options, "./" + StateDirName + "/" + SchemaName, "YYYY-MM-DD", recipient, templateChoices()}
	if !options.Now.IsZero() {
		data.Expires = options.Now.UTC().AddDate(1, 0, 0).Format(time.DateOnly)
	}
	if err := t.Execute(&b, data); err != nil {
		panic("lab: the template and its data are both fixed: " + err.Error())
	}
	return b.Bytes()
}

// templateChoice is a choice as the template prints it.
type templateChoice struct{ Line, Options string }

func templateChoices() []templateChoice {
	var all []templateChoice
	for _, c := range choices {
		all = append(all, templateChoice{c.name + ": " + c.options[0], strings.Join(c.options, ", ")})
	}
	return all
}

// writeNew writes a file that does not exist yet, and reports whether it did.
func writeNew(path string, body []byte) (bool, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	err := system.ReplaceFile(path, body, 0o644)
	return err == nil, err
}
