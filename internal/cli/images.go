package cli

import (
	"maps"
	"slices"

	"cairn/internal/engine"
	"cairn/internal/spelling"
)

// keepImages returns what writes the digests of images into the lab's image lock.
// Images that the lab no longer runs leave it.
func (g *globals) keepImages(in wired) engine.KeepImages {
	return func(digests map[string]string) error {
		known, err := in.lab.ReadImageLock()
		if err != nil {
			return err
		}
		maps.Copy(known.Images, digests)
		names, err := in.images()
		if err != nil {
			return err
		}
		gone := func(name, _ string) bool { return !slices.Contains(names, name) }
		maps.DeleteFunc(known.Images, gone)
		maps.DeleteFunc(known.Before, gone)
		g.screen.say("cairn.lock holds %s from now on. Keep the file in git.", spelling.Count(len(digests), "image"))
		return in.lab.WriteImageLock(known)
	}
}

// images are the names of all images that the lab runs.
func (in wired) images() (all []string, err error) {
	for _, r := range in.services.Releases {
		names, err := r.Images()
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}
