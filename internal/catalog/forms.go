package catalog

import (
	"path"
	"strings"
	"unicode"

	"cairn/internal/document"
)

var (
	serviceForm   = document.LabelForm("a service's name", "grafana", nil)
	containerForm = &document.Form{Name: "the name of a container", Rule: "as in compose.yaml", Example: "server", Pattern: `^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$`}
	volumeForm    = &document.Form{Name: "the name of a volume", Rule: "as in compose.yaml", Example: "data", Pattern: `^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$`}
	routeForm     = document.LabelForm("a route's name", "grafana", nil)
	secretForm    = document.LabelForm("a secret's name", "admin-password", nil)
	optionForm    = document.LabelForm("an option's name", "theme", nil)
	hookForm      = document.LabelForm("a step's name", "first-administrator", nil)
)

// taskForm is the form of a roadmap task's id.
var taskForm = &document.Form{Name: "a task of the roadmap", Example: "core.monitoring", Pattern: `^[a-z0-9-]+\.[a-z0-9-]+$`}

// lineForm is a text in one line.
func lineForm(name, example string) *document.Form {
	return &document.Form{
		Name: name, Rule: "one line, at most 200 characters", Example: example, Pattern: `\S`,
		Check: func(text string) *document.Flaw {
			if len([]rune(text)) > 200 || strings.ContainsFunc(text, unicode.IsControl) {
				return &document.Flaw{}
			}
			return nil
		},
	}
}

var (
	summaryForm = lineForm("a summary", "dashboards for metrics and logs")
	reasonForm  = lineForm("a reason", "it listens on port 80")
	wordForm    = lineForm("an argument", "--check")
	licenceForm = &document.Form{Name: "an SPDX licence", Example: "Apache-2.0", Pattern: `^[A-Za-z0-9.+-]+( (OR|AND|WITH) [A-Za-z0-9.+-]+)*$`}
	websiteForm = &document.Form{Name: "an address that begins with https://", Example: "https://grafana.com/docs/", Pattern: `^https://[^\s]+$`}
	dateForm    = &document.Form{Name: "a date", Rule: "year-month-day", Example: "2026-03-02", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
)

// pathForm is the path of an HTTP address.
var pathForm = &document.Form{
	Name: "a path", Rule: "it begins with /", Example: "/api/health", Pattern: `^/[^\s?#]*$`,
	Check: func(text string) *document.Flaw {
		if clean := path.Clean(text); clean != strings.TrimSuffix(text, "/") && text != "/" {
			return document.Better(text, clean)
		}
		return nil
	},
}

var (
	portWordForm = &document.Form{
		Name: "a port with its protocol", Example: "51820/udp", Pattern: `^[1-9][0-9]{0,4}/(tcp|udp)$`,
		Check: func(text string) *document.Flaw {
			if number, _, _ := strings.Cut(text, "/"); len(number) == 5 && number > "65535" {
				return &document.Flaw{}
			}
			return nil
		},
	}
	secondsForm  = &document.Form{Name: "a number of seconds", Example: "60", Min: 1, Max: 86400}
	lengthForm   = &document.Form{Name: "a number of characters", Example: "32", Min: 16, Max: 512}
	userIDForm   = &document.Form{Name: "a user id", Example: "1000", Min: 0, Max: 4294967294}
	variableForm = &document.Form{Name: "the name of an environment variable", Example: "APP_SECRET", Pattern: `^[A-Za-z_][A-Za-z0-9_]{0,127}$`}
	defaultForm  = &document.Form{Name: "a default", Rule: "in quotes, as you would write it in the lab file", Example: "true"}
)

// oneOf returns the form of a word among options.
func oneOf[T ~string](name string, options ...T) *document.Form {
	words := make([]string, len(options))
	for i, o := range options {
		words[i] = string(o)
	}
	return &document.Form{Name: name, Options: words}
}

var (
	proofForm   = oneOf("how far a service was tested", Rendered, Rehearsed, Proven)
	loginForm   = oneOf("who asks for a login", LoginNone, LoginOwn, LoginForward)
	quiesceForm = oneOf("how data is kept unchanged", QuiesceNone, QuiesceStop, QuiescePause)
	madeForm    = oneOf("how a secret is made", "password", "hex", "base64", "uuid", "authority", "given")
	proxyForm   = oneOf("a reverse proxy", "traefik", "caddy", "nginx", "haproxy")
	kindForm    = oneOf("a kind of value", "text", "number", "yes-no")
	archForm    = oneOf("an architecture", "amd64", "arm64")
	flagForm    = &document.Form{Name: "a processor flag", Rule: "as in /proc/cpuinfo", Example: "avx", Pattern: `^[a-z0-9_]+$`}
	capForm     = &document.Form{Name: "a capability", Rule: "without CAP_", Example: "NET_BIND_SERVICE", Pattern: `^[A-Z_]+$`, Check: withoutPrefix}
)

// withoutPrefix suggests a capability without the prefix CAP_ of capabilities(7).
func withoutPrefix(text string) *document.Flaw {
	return document.Better(text, strings.TrimPrefix(strings.ToUpper(text), "CAP_"))
}
