package wiring

import (
	"path"
	"time"

	"cairn/internal/proxy"
	"cairn/internal/resource"
)

// proxyFiles returns the files of a reverse proxy: those that its containers read
// again while they run, and those that they read once. generation is that of the
// authority.
func (r Release) proxyFiles(generation string) (live, fixed []File, err error) {
	kind := proxy.Kind(r.Service.Proxy)
	if kind == "" {
		return nil, nil, nil
	}
	var c proxy.Config
	for _, route := range r.Routes {
		c.Routes = append(c.Routes, proxy.Route{
			Name: route.FQDN, Upstream: route.upstream(), MaxBody: int64(route.MaxBody), Timeout: time.Duration(route.Timeout) * time.Second,
		})
	}
	if a := r.Authority; a != nil {
		c.Authority = &proxy.Authority{
			Directory: a.directory(a.Service.Authority.Directory), Daily: a.directory(a.Service.Authority.Daily),
			Root: rootFile, Storage: proxy.StoragePath(kind), Generation: generation, Renewal: a.Renewal,
		}
	}
	files, err := proxy.Render(kind, c)
	for _, f := range files {
		if readOnce(kind, f.Path) {
			fixed = append(fixed, File{Path: f.Path, Content: f.Content})
			continue
		}
		live = append(live, File{Path: f.Path, Content: f.Content, Live: true})
	}
	return live, fixed, err
}

// readOnce reports whether a proxy reads a file only when it starts. Traefik watches
// its routes and nothing else; the others read everything again.
func readOnce(kind proxy.Kind, file string) bool {
	return kind == proxy.Traefik && path.Dir(file) == proxy.Folder
}

// takesOver is how many seconds pass until a proxy has changed files. Traefik waits
// for two (providers.providersThrottleDuration in its static configuration), and on a
// busy host needs another one or two.
const takesOver = 5

// reload is how a container takes over changed live files.
func (r Release) reload() *resource.Reload {
	if r.Service.Proxy == "" {
		return nil
	}
	return &resource.Reload{Container: r.Service.Main, Signal: proxy.Reload(proxy.Kind(r.Service.Proxy)).Signal, Takes: takesOver}
}
