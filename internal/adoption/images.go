package adoption

import (
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"github.com/compose-spec/compose-go/v2/types"
)

// product is what is known of an image beyond the Compose file.
type product struct {
	image  string // the end of its name without a tag
	data   string // where a database keeps its data; empty for others
	cache  bool   // it keeps little, and needs little memory
	health string // a path that answers without a login
	owner  int64  // the user that reads its secrets' files
	alpine int64  // the same in its images of Alpine
}

// products are the images of which something is known, from their Dockerfiles and
// documentation.
var products = []product{
	{image: "library/postgres", data: "/var/lib/postgresql/data", owner: 999, alpine: 70},
	{image: "postgis/postgis", data: "/var/lib/postgresql/data", owner: 999, alpine: 70},
	{image: "timescale/timescaledb", data: "/var/lib/postgresql/data", owner: 70, alpine: 70},
	{image: "immich-app/postgres", data: "/var/lib/postgresql/data", owner: 999},
	{image: "tensorchord/pgvecto-rs", data: "/var/lib/postgresql/data", owner: 999},
	{image: "pgvector/pgvector", data: "/var/lib/postgresql/data", owner: 999},
	{image: "library/mariadb", data: "/var/lib/mysql", owner: 999},
	{image: "linuxserver/mariadb", data: "/config"},
	{image: "library/mysql", data: "/var/lib/mysql", owner: 999},
	{image: "library/mongo", data: "/data/db", owner: 999},
	{image: "library/influxdb", data: "/var/lib/influxdb2", owner: 1000},
	{image: "library/redis", data: "/data", cache: true, owner: 999},
	{image: "valkey/valkey", data: "/data", cache: true, owner: 999},
	{image: "library/memcached", cache: true},
	{image: "vaultwarden/server", health: "/alive"},
	{image: "gitea/gitea", health: "/api/healthz"},
	{image: "docker.gitea.com/gitea", health: "/api/healthz"},
	{image: "forgejo/forgejo", health: "/api/healthz"},
	{image: "library/nextcloud", health: "/status.php"},
	{image: "jellyfin/jellyfin", health: "/health"},
	{image: "immich-app/immich-server", health: "/api/server/ping"},
	{image: "grafana/grafana", health: "/api/health"},
	{image: "prom/prometheus", health: "/-/healthy"},
	{image: "traefik/whoami", health: "/health"},
	{image: "n8nio/n8n", health: "/healthz"},
	{image: "home-assistant/home-assistant", health: "/manifest.json"},
}

// productOf returns what is known of a container's image.
func productOf(c types.ServiceConfig) product {
	named, err := reference.ParseNormalizedNamed(c.Image)
	if err != nil {
		return product{}
	}
	i := slices.IndexFunc(products, func(p product) bool { return strings.HasSuffix("/"+named.Name(), "/"+p.image) })
	if i < 0 {
		return product{}
	}
	p := products[i]
	if strings.Contains(c.Image, "alpine") && p.alpine != 0 {
		p.owner = p.alpine
	}
	if p.data == "/var/lib/postgresql/data" && p.image == "library/postgres" && major(c.Image) >= 18 {
		p.data = "/var/lib/postgresql" // docker-library/postgres#1259
	}
	return p
}

// major is the first number of an image's tag, or 0.
func major(image string) int {
	_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	digits := tag[:len(tag)-len(strings.TrimLeft(tag, "0123456789"))]
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// image writes the image of a container with its registry and its tag.
func (a *adopter) image(c *types.ServiceConfig) {
	at := a.at(c.Name, "image")
	if c.Build != nil {
		if c.Image == "" {
			a.stop("image-built", a.at(c.Name, "build"), "the image of %s is built, and Cairn builds none; push it to a registry and name it with `image`", c.Name)
			return
		}
		a.warn("image-built", a.at(c.Name, "build"), "the image of %s is pulled and not built", c.Name)
		c.Build = nil
	}
	named, err := reference.ParseNormalizedNamed(c.Image)
	if err != nil {
		a.stop("image-wrong", at, "the image of %s is no name of an image", c.Name)
		return
	}
	if _, digested := named.(reference.Digested); digested {
		a.warn("image-digest", at, "the image of %s is taken by its tag and without its digest", c.Name)
	}
	tagged, is := named.(reference.Tagged)
	switch {
	case !is:
		a.stop("image-latest", at, "the image of %s has no tag, so today's newest would run; name a version", c.Name)
		c.Image = named.Name()
		return
	case tagged.Tag() == "latest":
		a.stop("image-latest", at, "the tag latest of %s says nothing about what runs; name a version", c.Name)
	}
	c.Image = named.Name() + ":" + tagged.Tag()
}

// websiteOf returns a page that says more of an image.
func websiteOf(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "https://hub.docker.com/"
	}
	path := reference.Path(named)
	switch domain := reference.Domain(named); {
	case domain == "docker.io" && strings.HasPrefix(path, "library/"):
		return "https://hub.docker.com/_/" + strings.TrimPrefix(path, "library/")
	case domain == "docker.io":
		return "https://hub.docker.com/r/" + path
	case domain == "ghcr.io":
		return "https://github.com/" + path
	default:
		return "https://" + domain + "/" + path
	}
}
