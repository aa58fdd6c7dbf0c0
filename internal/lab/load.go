package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// FileName is the name of a lab file.
const FileName = "lab.yaml"

// Known holds names from other parts of Cairn. References to them are checked while
// the file is read, so that a wrong one is reported with its place like any other
// fault. A nil list is not checked.
type Known struct {
	Checkpoints []string            // of the roadmap, without the part behind a slash
	Parts       map[string][]string // the probes of each checkpoint; a waiver may name one behind a slash
	Services    Catalog             // nil is not checked
	Now         time.Time           // today's date, for waivers; if zero, they are not checked
	Home        string              // the owner's home, for paths that begin with ~/; if empty, keys are not checked

	// Settings of a lab file that this version of Cairn does not support.
	LaterOptions  map[string][]string // options by the name of their choice
	LaterServices bool                // services
}

// Catalog is where the lab file's services come from.
type Catalog interface {
	// Names returns the names of all services, sorted.
	Names() []string
	// Options returns what the lab file may say of a service, by its name. It is nil
	// if the service cannot be read, which is reported when it is used.
	Options(name string) []document.Key
}

// Load reads and checks a lab file. See [Known.Load].
func Load(path string) (*Lab, error) { return Known{}.Load(path) }

// Parse checks the text of a lab file. See [Known.Parse].
func Parse(path string, data []byte) (*Lab, error) { return Known{}.Parse(path, data) }

// Load reads and checks a lab file, and checks that the files it names exist. Its
// errors are problems: LabMissing if the file cannot be read, and those of Parse.
func (k Known) Load(path string) (*Lab, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	return k.parse(path, data, func(name string) bool {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
		return err == nil && info.Mode().IsRegular()
	})
}

// Parse checks the text of a lab file. path is used only in messages. Its errors
// are problems with the code LabSyntax or LabInvalid. Their cause is the
// [document.Faults] of the file: all of them, unless the text is not YAML.
func (k Known) Parse(path string, data []byte) (*Lab, error) { return k.parse(path, data, nil) }

func (k Known) parse(path string, data []byte, exists func(string) bool) (*Lab, error) {
	root, faults := dialect.Read(data)
	var l *Lab
	var remarks document.Faults
	if root != nil {
		misshapen, bad := dialect.Inspect(root, labShape())
		l = build(root)
		r := &rules{root: root, lab: l, bad: bad, known: k, exists: exists}
		faults = append(append(faults, misshapen...), r.check()...)
		remarks = r.remarks
	}
	if len(faults) > 0 {
		return nil, problemOf(path, faults)
	}
	digest := sha256.Sum256(data)
	l.File, l.Dir, l.Hash = path, filepath.Dir(path), hex.EncodeToString(digest[:])
	l.Remarks = remarks.In(path)
	return l, nil
}

// read returns the text of a file, at most one byte more than the limit.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, missing(path, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(dialect.MaxBytes)+1))
	if err != nil {
		return nil, missing(path, err)
	}
	return data, nil
}

func missing(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return problem.New(problem.LabMissing, path, "there is no such file")
	}
	return problem.Wrap(problem.LabMissing, path, "the lab file cannot be read", err)
}

// Find returns the path of the lab file in a folder, or in the nearest folder above
// it. If there is none, its error is a problem with the code LabMissing.
func Find(dir string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the folder: %w", err)
	}
	for at := from; ; at = filepath.Dir(at) {
		path := filepath.Join(at, FileName)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if at == filepath.Dir(at) {
			return "", problem.New(problem.LabMissing, from, "there is no "+FileName+" here or in a folder above")
		}
	}
}
