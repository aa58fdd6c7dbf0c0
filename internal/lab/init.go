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
)

// StateDirName is the folder beside a lab file in which Cairn keeps its own.
const StateDirName = ".cairn"

// SchemaName is the schema's file in the state folder.
const SchemaName = "lab.schema.json"

// InitOptions are what is known of a lab before it is written down. All may be
// left empty.
type InitOptions struct {
	Name    string       // the lab's; "home" when empty
	User    string       // the owner's on the hosts; else the one who runs this, or "ops" if that cannot be
	CIDR    netip.Prefix // the network of the machine that this runs on
	Gateway netip.Addr   // its router
	Address netip.Addr   // the first host's
	Now     time.Time    // from which the example's waiver counts a year; none when zero
}

//go:embed lab.yaml.tmpl
var labTemplate string

// gitignore keeps the journal, locks and whatever else comes out of the owner's
// repository, but not the pinned keys of hosts: they are as much a part of the
// lab as its addresses.
const gitignore = `# Cairn's own. What is kept: the pinned host keys and the schema of lab.yaml.
*
!.gitignore
!known_hosts
!` + SchemaName + `
`

// Init writes a lab file to begin with into a folder, which is made if it is not
// there, and the state folder beside it with the lab file's schema. It returns
// the paths of what was written, in that order. Nothing is overwritten: where
// there is a lab file already the error is a problem with code LabExists and
// nothing is written; other files are left as they are. Each file is there whole
// or not at all, the lab file last. Options that do not make a lab are a problem
// with code LabBadValue or LabInvalid.
func Init(dir string, options InitOptions) ([]string, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Lstat(path); err == nil {
		return nil, problem.New(problem.LabExists, path, "there is a lab file already")
	}
	options = options.filled()
	if err := options.check(); err != nil {
		return nil, err
	}
	body := render(options)
	if _, err := Parse(path, body); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, StateDirName), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the lab: %w", err)
	}
	files := []struct {
		path string
		body []byte
	}{
		{filepath.Join(dir, StateDirName, ".gitignore"), []byte(gitignore)},
		{filepath.Join(dir, StateDirName, SchemaName), Schema()},
		{path, body},
	}
	var written []string
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

// filled are the options with something in each place that the template needs.
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

// check looks at the names before they are written among YAML, where they could
// mean something else.
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

// free is the tenth address of the network, or the first that is not the
// gateway's in a small one.
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

// currentUser is the name of whoever runs this, or "" when it cannot be a user
// of the lab, as with root.
func currentUser() string {
	u, err := user.Current()
	if err != nil || userForm.Inspect(u.Username) != nil {
		return ""
	}
	return u.Username
}

// render fills the template in.
func render(options InitOptions) []byte {
	var b bytes.Buffer
	t := template.Must(template.New(FileName).Parse(labTemplate))
	data := struct {
		InitOptions
		Schema, Expires string
		Choices         []templateChoice
	}{options, "./" + StateDirName + "/" + SchemaName, "YYYY-MM-DD", templateChoices()}
	if !options.Now.IsZero() {
		data.Expires = options.Now.UTC().AddDate(1, 0, 0).Format(time.DateOnly)
	}
	if err := t.Execute(&b, data); err != nil {
		panic("lab: the template and its data are both fixed: " + err.Error())
	}
	return b.Bytes()
}

// templateChoice is a choice as the template shows it.
type templateChoice struct{ Line, Options string }

func templateChoices() []templateChoice {
	var all []templateChoice
	for _, c := range choices {
		all = append(all, templateChoice{c.name + ": " + c.options[0], strings.Join(c.options, ", ")})
	}
	return all
}

// writeNew writes a file that is not there yet, and reports whether it did: by a
// temporary one beside it that takes the name when it is whole and on the disk.
func writeNew(path string, body []byte) (bool, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	temporary, err := temporaryBeside(path, body, 0o644)
	if err != nil {
		return false, err
	}
	defer os.Remove(temporary) // without effect once it was renamed
	return true, os.Rename(temporary, path)
}

// temporaryBeside writes a file that only has to take its name: it is whole and on
// the disk. The caller removes it.
func temporaryBeside(path string, body []byte, mode fs.FileMode) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return "", err
	}
	_, err = file.Write(body)
	err = errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}
