package lab

import (
	"net/url"
	"strconv"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// Images says where the hosts get images of containers from.
type Images struct {
	// Mirror is a registry that is asked for images of Docker Hub first: a URL
	// without a slash at its end. Empty means none.
	Mirror string
}

// mirrorForm is a URL as Docker takes it for a mirror: without a path, a query and
// a user (dockerd(8), --registry-mirror).
var mirrorForm = &document.Form{
	Name: "the URL of a registry", Rule: "http:// or https://, a name or address, and the port if it is another one", Example: "https://mirror.home.arpa:5000",
	Pattern: `^https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:[1-9][0-9]{0,4})?/?$`,
	Check: func(text string) *document.Flaw {
		switch {
		case strings.Contains(text, "@"):
			// The message does not repeat what may be a password.
			return &document.Flaw{
				Code: problem.LabUnsafe, Message: "no user and no password may be in a mirror's URL: this file is no place for them, and Docker takes none there",
			}
		case !strings.Contains(text, "://"):
			return &document.Flaw{Suggestion: "https://" + text}
		}
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" {
			return &document.Flaw{}
		}
		if _, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && err != nil {
			return &document.Flaw{}
		}
		plain := u.Scheme + "://" + u.Host
		if u.Path != "" && u.Path != "/" {
			return &document.Flaw{Message: "Docker takes no path in a mirror's URL", Suggestion: plain}
		}
		return document.Better(strings.TrimSuffix(text, "/"), plain)
	},
}

func imagesShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "mirror", Fallback: "none", Shape: document.Words(mirrorForm),
			Doc: "A registry that Docker asks first for images of Docker Hub (`docker.io`), for a lab without internet or with slow internet. What it does not have comes from Docker Hub. Images of other registries do not come through it."},
	)
}

func buildImages(n *document.Node) Images {
	return Images{Mirror: strings.TrimSuffix(document.TextOf(n.Get("mirror")), "/")}
}
