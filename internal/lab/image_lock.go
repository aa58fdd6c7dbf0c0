package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/system"
)

// ImageLock names what the services of a lab run: digests of the manifests of images,
// as sha256:HEX, by the names of the images.
type ImageLock struct {
	Images map[string]string
	// Before are those that an upgrade replaced. A rollback takes them again.
	Before map[string]string
}

// Replace has a name mean another image, and remembers the one before. It reports
// whether anything changed. An empty digest changes nothing.
func (lock ImageLock) Replace(name, digest string) bool {
	before := lock.Images[name]
	if digest == "" || digest == before {
		return false
	}
	lock.Images[name] = digest
	if before != "" {
		lock.Before[name] = before
	}
	return true
}

// LockFile is the path of the image lock, beside the lab file.
func (l *Lab) LockFile() string { return filepath.Join(l.Dir, "cairn.lock") }

// lockDialect limits the YAML of an image lock.
var lockDialect = document.Dialect{
	Name: "cairn.lock", Least: "at least the key images",
	MaxBytes: 1 << 20, MaxDepth: 4, MaxValues: 20000, DuplicateKeys: true,
	Codes: dialect.Codes,
}

var (
	lockedImage = &document.Form{
		Name: "the name of an image", Rule: "a registry, a path and a tag", Example: "docker.io/traefik/whoami:v1.11.0",
		Pattern: `^[a-z0-9][A-Za-z0-9._/:-]*$`,
	}
	lockedDigest = &document.Form{
		Name: "a digest", Rule: "sha256: and 64 digits from 0 to f", Example: "sha256:" + strings.Repeat("0", 63) + "1",
		Pattern: `^sha256:[0-9a-f]{64}$`,
	}
)

func lockShape() *document.Shape {
	digests := document.Named(lockedImage, document.Words(lockedDigest))
	return document.Keyed(
		document.Key{Name: "images", Required: true, Shape: digests, Doc: "The digests."},
		document.Key{Name: "before", Shape: digests, Doc: "Those before the last upgrade."},
	)
}

// ReadImageLock reads the image lock. Without a file it is empty. The error is a
// problem with the code LockInvalid, whose cause is the [document.Faults] of the file.
func (l *Lab) ReadImageLock() (ImageLock, error) {
	path := l.LockFile()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ImageLock{Images: map[string]string{}, Before: map[string]string{}}, nil
	}
	if err != nil {
		return ImageLock{}, problem.Wrap(problem.LockInvalid, path, "the file cannot be read", err)
	}
	root, faults := lockDialect.Read(data)
	if root != nil {
		misshapen, _ := lockDialect.Inspect(root, lockShape())
		faults = append(faults, misshapen...)
	}
	if len(faults) > 0 {
		return ImageLock{}, problem.Wrap(problem.LockInvalid, path, "the digests of images cannot be understood", faults.In(path))
	}
	return ImageLock{digestsOf(root.Get("images")), digestsOf(root.Get("before"))}, nil
}

func digestsOf(n *document.Node) map[string]string {
	digests := map[string]string{}
	for _, p := range n.Each() {
		digests[p.Key] = document.TextOf(p.Value)
	}
	return digests
}

const lockHead = `# Written by Cairn. Keep it in git, beside lab.yaml.
# Which image each name means. All hosts run these, even if a name means another
# image at its registry by now.
`

// WriteImageLock writes the image lock. The same digests give the same bytes.
func (l *Lab) WriteImageLock(lock ImageLock) error {
	text := lockHead + digestLines("images", lock.Images)
	if len(lock.Before) > 0 {
		text += "\n# What `cairn service rollback` goes back to.\n" + digestLines("before", lock.Before)
	}
	if err := system.ReplaceFile(l.LockFile(), []byte(text), 0o644); err != nil {
		return problem.Wrap(problem.CommandFile, l.LockFile(), "the digests of images cannot be written", err)
	}
	return nil
}

func digestLines(key string, digests map[string]string) string {
	if len(digests) == 0 {
		return key + ": {}\n"
	}
	lines := key + ":\n"
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		lines += fmt.Sprintf("  %s: %s\n", name, digests[name])
	}
	return lines
}
