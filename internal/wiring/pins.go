package wiring

import (
	"slices"
	"strings"
)

// Pin has the releases run the images that a lock names: digests of manifests, by the
// names of images. It is called before anybody else has the wiring.
func (w *Wiring) Pin(digests map[string]string) {
	for i := range w.Releases {
		w.Releases[i].digests = digests
	}
}

// Images returns the names of the images that the release runs, sorted, each once. An
// image that its Compose file names by digest is left out, since it cannot change.
func (r Release) Images() ([]string, error) {
	project, err := r.Service.Project(r.Values)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range project.Services {
		if !strings.Contains(c.Image, "@") {
			names = append(names, c.Image)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Unpinned are those of its images that no lock names.
func (r Release) Unpinned() ([]string, error) {
	names, err := r.Images()
	return slices.DeleteFunc(names, func(name string) bool { return r.digests[name] != "" }), err
}
