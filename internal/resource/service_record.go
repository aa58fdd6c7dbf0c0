package resource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"

	"cairn/internal/system"
)

// serviceRecord is what a host remembers of the last release that worked. Copies of
// its files lie beside it, so that it can run again.
type serviceRecord struct {
	// Sum is that of all files, and the name of the folder of the copies. It is empty
	// while no release has worked yet.
	Sum   string     `json:"sum"`
	Files []keptFile `json:"files"`
	// Images are the ids of its images, by their names. A name may mean another image
	// by now.
	Images map[string]string `json:"images,omitempty"`
	// Containers, Health and Within say when it works.
	Containers []Container   `json:"containers,omitempty"`
	Health     []HealthCheck `json:"health,omitempty"`
	Within     int           `json:"within,omitempty"`
}

// keptFile is a [ServiceFile] without its content.
type keptFile struct {
	Path      string `json:"path"`
	Sensitive bool   `json:"sensitive,omitempty"`
	Owner     int    `json:"owner,omitempty"`
}

// serviceKeep is the folder of a service's record. Only root reads it.
func serviceKeep(name string) string { return keepDir + "services/" + name }

// KeptServices are the names of the services that a host remembers, sorted.
func KeptServices(sys *system.System) (names []string) {
	entries, err := os.ReadDir(sys.Path(keepDir + "services"))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() && label.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

func (s Service) recordPath() string { return path.Join(serviceKeep(s.Name), "record.json") }

// record reads the record. A damaged one counts as none: then there is nothing to
// go back to.
func (s Service) record(sys *system.System) (serviceRecord, error) {
	var r serviceRecord
	text, _, err := sys.Read(s.recordPath())
	if err != nil {
		return r, err
	}
	if json.Unmarshal(text, &r) != nil {
		return serviceRecord{}, nil
	}
	return r, nil
}

// remembered compares the record with the release. It is written last, so a change
// that was interrupted is made again.
func (s Service) remembered(kept serviceRecord) property {
	have := absent
	switch {
	case s.Absent && (kept.Sum != "" || len(kept.Files) > 0):
		have = "there"
	case kept.Sum == "":
	case kept.Sum != s.sum():
		have = "an earlier release"
	default:
		have = "this release"
	}
	want := "this release"
	if s.Absent {
		want = absent
	}
	return property{"kept to go back to", have, want}
}

// sum names the release by the contents of its files.
func (s Service) sum() string {
	digest := sha256.New()
	for _, f := range s.Files {
		fmt.Fprintf(digest, "%q %x %v %d\n", f.Path, f.Content.Name().Sum, f.Sensitive, f.Owner)
	}
	return hex.EncodeToString(digest.Sum(nil)[:8])
}

// begin notes the files of a first release before anything of it is there. So a service
// that was never finished can be removed.
func (s Service) begin(sys *system.System) error {
	kept, err := s.record(sys)
	if err != nil || kept.Sum != "" {
		return err
	}
	begun := serviceRecord{Files: s.keptFiles()}
	for _, name := range s.surplus(kept) { // of a release that was not finished either
		begun.Files = append(begun.Files, keptFile{Path: name})
	}
	return s.writeRecord(sys, begun)
}

func (s Service) writeRecord(sys *system.System, r serviceRecord) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return sys.Write(s.recordPath(), append(text, '\n'), system.Attributes{Mode: system.FileMode(0o600)})
}

// remember keeps copies of the files, then the record, and removes the copies of
// the release before.
func (s Service) remember(ctx context.Context, sys *system.System) error {
	before, err := s.record(sys)
	if err != nil {
		return err
	}
	now := serviceRecord{Sum: s.sum(), Files: s.keptFiles(), Images: map[string]string{}, Containers: s.Containers, Health: s.Health, Within: s.Within}
	for _, c := range s.Containers {
		if now.Images[c.Image], err = imageID(ctx, sys, c.Image); err != nil {
			return err
		}
	}
	for _, f := range s.Files {
		if err := sys.WriteFrom(s.copyOf(now, f.Path), f.Content.Open, system.Attributes{Mode: system.FileMode(0o600)}); err != nil {
			return err
		}
	}
	if err := s.writeRecord(sys, now); err != nil {
		return err
	}
	return s.dropCopies(sys, before, now)
}

// keptFiles are the files of the release without their contents.
func (s Service) keptFiles() (all []keptFile) {
	for _, f := range s.Files {
		all = append(all, keptFile{f.Path, f.Sensitive, f.Owner})
	}
	return all
}

func (s Service) copyOf(r serviceRecord, name string) string {
	return path.Join(serviceKeep(s.Name), r.Sum, name)
}

func (s Service) dropCopies(sys *system.System, before, now serviceRecord) error {
	if before.Sum == "" || before.Sum == now.Sum {
		return nil
	}
	return os.RemoveAll(sys.Path(path.Join(serviceKeep(s.Name), before.Sum)))
}

// forget removes the record and the copies.
func (s Service) forget(sys *system.System) error {
	return errors.Join(sys.Remove(s.recordPath()), os.RemoveAll(sys.Path(serviceKeep(s.Name))))
}

// release is the release without its files: what tells whether it works.
func (r serviceRecord) release(name string) Service {
	return Service{Name: name, Containers: r.Containers, Health: r.Health, Within: r.Within}
}

// tagBack has the names of the images mean what they meant, and reports whether one
// did not. An image that is gone keeps its name.
func (r serviceRecord) tagBack(ctx context.Context, sys *system.System) (moved bool, err error) {
	for name, id := range r.Images {
		now, err := imageID(ctx, sys, name)
		if err != nil {
			return moved, err
		}
		there, err := imageID(ctx, sys, id)
		if err != nil {
			return moved, err
		}
		if now == id || there == "" {
			continue
		}
		moved = true
		if err := tag(ctx, sys, id, name); err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// before is the release that worked last, if it is another one and its copies are
// complete.
func (s Service) before(ctx context.Context, sys *system.System) (Service, bool, error) {
	kept, err := s.record(sys)
	if err != nil || kept.Sum == "" {
		return Service{}, false, err
	}
	moved, err := kept.tagBack(ctx, sys)
	if err != nil || kept.Sum == s.sum() && !moved {
		return Service{}, false, err
	}
	old := kept.release(s.Name)
	for _, f := range kept.Files {
		content, there, err := sys.Read(s.copyOf(kept, f.Path))
		if err != nil || !there {
			return Service{}, false, err
		}
		old.Files = append(old.Files, ServiceFile{Path: f.Path, Content: Inline(content), Sensitive: f.Sensitive, Owner: f.Owner})
	}
	return old, true, nil
}
