package engine

import (
	"context"
	"sync"

	"cairn/internal/lab"
)

// KeepImages keeps which images hosts run that no lock names yet: digests of
// manifests, by the names of images.
type KeepImages func(digests map[string]string) error

// keepImages asks the hosts for those images. It asks nothing once all are known. If
// hosts run different ones under one name, that of the first host in the lab file
// counts, and the others get it with the next up.
func (e *Engine) keepImages(ctx context.Context, f *fleet) error {
	if e.images == nil {
		return nil
	}
	var mu sync.Mutex
	byHost := map[string]map[string]string{}
	f.each(e.targets(), func(h lab.Host) {
		found := e.imagesOn(ctx, f, h)
		mu.Lock()
		defer mu.Unlock()
		byHost[h.Name] = found
	})
	all := map[string]string{}
	for _, h := range e.targets() {
		for name, digest := range byHost[h.Name] {
			if all[name] == "" {
				all[name] = digest
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return e.images(all)
}

// imagesOn returns the images of one host that no lock names. What cannot be read is
// left for the next up.
func (e *Engine) imagesOn(ctx context.Context, f *fleet, h lab.Host) map[string]string {
	all := map[string]string{}
	for _, r := range e.resolved.Services.On(h.Name) {
		names, err := r.Unpinned()
		if err != nil || len(names) == 0 {
			continue
		}
		session, err := f.session(ctx, h)
		if err != nil {
			return all
		}
		runs, err := session.ServiceImages(ctx, r.Service.Name)
		if err != nil {
			continue
		}
		for _, name := range names {
			if runs[name] != "" {
				all[name] = runs[name]
			}
		}
	}
	return all
}
