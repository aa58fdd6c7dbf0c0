package adoption

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/catalog"
	"cairn/internal/document"
	"cairn/internal/secret"
)

var (
	// secretName matches further names of variables with secrets, beside those that the
	// catalog refuses.
	secretName = regexp.MustCompile(`(?i)(PASS|PWD|PASSPHRASE|SECRET_?KEY|SECRET_KEY_BASE|ACCESS_?KEY|APP_?KEY|SIGNING_?KEY|JWT_?KEY|MASTER_?KEY|SALT|CREDENTIALS?|WEBHOOK_URL)$`)
	// escrowName matches names of keys without which data cannot be read.
	escrowName = regexp.MustCompile(`(?i)(ENCRYPTION|APP_?KEY|SECRET_KEY|MASTER_?KEY|SALT)`)
	// inURL matches an address with a password in it.
	inURL = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:[^@/\s$]+@`)
	// inCommand matches an argument that hands over a secret.
	inCommand = regexp.MustCompile(`(?i)(?:^|\s)(?:redis-cli\s.*-a|--?(?:require)?pass(?:word|wd)?|--?[a-z-]*(?:token|secret|api-?key))[=\s]+([^\s$]\S*)`)
	// weak matches values that are in many examples.
	weak = regexp.MustCompile(`(?i)^([a-z_ -]+|.{0,7}|.*(change|example|passw|secret|insecure|your).*)$`)
)

// isSecret reports whether a variable's value is one that only the service may know.
func isSecret(name, value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off", "0", "1":
		return false
	}
	if strings.HasPrefix(value, "/") && !strings.Contains(value, " ") && strings.HasSuffix(strings.ToUpper(name), "_FILE") {
		return false
	}
	return catalog.LooksSecret(name, value) || secretName.MatchString(name) && !strings.HasPrefix(value, "/run/secrets/") || inURL.MatchString(value)
}

// privateValue is a value that may be nowhere in the service's files.
type privateValue struct {
	value string
	at    document.Place
}

// secrets takes secrets out of variables and files.
func (a *adopter) secrets() {
	for _, name := range a.names() {
		a.change(name, func(c *types.ServiceConfig) {
			a.variables(c)
			a.secretFiles(c)
			a.commands(c)
		})
	}
	a.project.Secrets = types.Secrets{}
	for name, s := range a.service.Secrets {
		if s.Variable == "" {
			a.project.Secrets[name] = types.SecretConfig{File: "./secrets/" + name}
		}
	}
}

// variables makes secrets of the variables of a container.
func (a *adopter) variables(c *types.ServiceConfig) {
	for _, key := range sorted(c.Environment) {
		value := *c.Environment[key] // readEnvironmentFiles left none without a value
		if !isSecret(key, value) {
			continue
		}
		at := a.variableAt(c.Name, key)
		if !variableName.MatchString(key) {
			a.stop("variable-name", at, "%s is no name of a variable", document.Quoted(key))
			continue
		}
		name := a.secretName(c.Name, key)
		a.service.Secrets[name] = Secret{
			Reason: "the variable " + key + " of the Compose file", Form: "given", Escrow: escrowName.MatchString(key), Variable: key, Container: c.Name,
		}
		a.give(name, value, at)
		a.warn("secret-in-environment", at, "%s looks like a secret in the open; the vault gets it, and `docker inspect` still shows it", key)
		delete(c.Environment, key)
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

// secretName returns a name for the secret of a variable that no other one has.
func (a *adopter) secretName(container, key string) string {
	name := label(key)
	if _, taken := a.service.Secrets[name]; taken || name == "" {
		name = label(container + "-" + key)
	}
	for n := 2; ; n++ {
		if _, taken := a.service.Secrets[name]; !taken {
			return name
		}
		name = strings.TrimRight(name[:min(len(name), 50)], "-") + "-" + strconv.Itoa(n)
	}
}

// give notes the value of a secret.
func (a *adopter) give(name, value string, at document.Place) {
	if a.options.NoSecrets {
		a.stop("secret-in-open", at, "the value of %s is in the open; `cairn service add --compose` puts it into the vault", name)
	}
	a.given = append(a.given, Given{Name: name, Escrow: a.service.Secrets[name].Escrow, Value: secret.New(value)})
	if weak.MatchString(value) && !strings.Contains(value, "://") {
		a.warn("secret-weak", at, "the value of %s is short or that of an example; change it before others can reach the service", name)
		return
	}
	a.private = append(a.private, privateValue{value, at})
}

// secretFiles makes secrets of the files that Compose hands to a container.
func (a *adopter) secretFiles(c *types.ServiceConfig) {
	for i, s := range c.Secrets {
		at := a.file.Find(func(string) bool { return false }, "secrets", s.Source)
		top := a.project.Secrets[s.Source]
		name := label(s.Source)
		if s.Target == "" && name != s.Source {
			s.Target = s.Source
		}
		s.Source, s.UID, s.GID, s.Mode = name, "", "", nil
		c.Secrets[i] = s
		if _, has := a.service.Secrets[name]; has {
			continue
		}
		value, why := a.valueOf(top)
		if why != "" {
			a.stop("secret-file", at, "%s", why)
			continue
		}
		a.service.Secrets[name] = Secret{Reason: "the file of the Compose file's secret", Form: "given", Escrow: escrowName.MatchString(s.Source), Container: c.Name, Owner: owner(*c)}
		a.give(name, value, at)
	}
}

// valueOf returns the value of a secret of the file, or why there is none.
func (a *adopter) valueOf(s types.SecretConfig) (value, why string) {
	switch {
	case bool(s.External):
		return "", "the secret is made elsewhere; name its `file`"
	case s.Content != "":
		value = s.Content
	case s.Environment != "":
		environment, _ := dotEnv(a.dir) // its faults were reported before
		value = environment[s.Environment]
	default:
		info, err := os.Stat(s.File)
		if err != nil || !info.Mode().IsRegular() || info.Size() > mostSecret {
			return "", "the secret's file " + document.Quoted(a.shown(filepath.ToSlash(s.File))) + " is not there, or is too large"
		}
		data, err := os.ReadFile(s.File)
		if err != nil {
			return "", "the secret's file " + document.Quoted(a.shown(filepath.ToSlash(s.File))) + " cannot be read"
		}
		value = string(bytes.TrimSuffix(data, []byte("\n")))
	}
	if value == "" {
		return "", "the secret has no value"
	}
	return value, ""
}

const mostSecret = 64 << 10

// owner returns the user who reads the files of a container's secrets.
func owner(c types.ServiceConfig) int64 {
	user, _, _ := strings.Cut(c.User, ":")
	if id, err := strconv.ParseUint(user, 10, 32); err == nil && id < 1<<32-1 {
		return int64(id)
	}
	return productOf(c).owner
}

// commands reports secrets among the arguments of a container: they stay in its file,
// and everybody on the host can read them.
func (a *adopter) commands(c *types.ServiceConfig) {
	for _, part := range []struct {
		key   string
		words []string
	}{{"command", c.Command}, {"entrypoint", c.Entrypoint}, {"healthcheck", healthTest(*c)}} {
		text := strings.Join(part.words, " ")
		if at, variable := a.secretVariable(c.Name, part.key); variable != "" {
			a.stop("secret-in-command", at, "the secret %s is among the arguments of %s; hand it over as a variable or a file", variable, c.Name)
		} else if inCommand.MatchString(text) || inURL.MatchString(text) {
			a.stop("secret-in-command", a.at(c.Name, part.key), "what looks like a secret is among the arguments of %s; hand it over as a variable or a file", c.Name)
		}
	}
}

func healthTest(c types.ServiceConfig) []string {
	if c.HealthCheck == nil {
		return nil
	}
	return c.HealthCheck.Test
}

// usedVariable matches where Compose fills in a variable.
var usedVariable = regexp.MustCompile(`(?:^|[^$])\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// secretVariable returns the variable with a secret that Compose fills in below a key
// of a container, or "".
func (a *adopter) secretVariable(container, key string) (at document.Place, variable string) {
	a.file.EachText(func(text string, place document.Place) {
		for _, m := range usedVariable.FindAllStringSubmatch(text, -1) {
			if isSecret(m[1], "value") {
				at, variable = place, m[1]
			}
		}
	}, "services", cmp.Or(a.renamed[container], container), key)
	return at, variable
}

// secretLine returns the first line of a file that looks like a secret, or 0.
func secretLine(data []byte) int {
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") || strings.HasPrefix(line, "//") {
			continue
		}
		if inURL.MatchString(line) || strings.Contains(line, "-----BEGIN") && strings.Contains(line, "PRIVATE KEY") {
			return i + 1
		}
		key, value, is := strings.Cut(line, "=")
		if !is {
			key, value, is = strings.Cut(line, ":")
		}
		value = strings.Trim(strings.TrimSpace(value), `"',`)
		if is && !strings.HasPrefix(value, "$") && isSecret(strings.Trim(strings.TrimSpace(key), `"'- `), value) {
			return i + 1
		}
	}
	return 0
}

// leaks reports secrets that are still in the service's files.
func (a *adopter) leaks() {
	for _, p := range a.private {
		if slices.ContainsFunc(sorted(a.files), func(name string) bool { return bytes.Contains(a.files[name], []byte(p.value)) }) {
			a.stop("secret-elsewhere", p.at, "the value of this secret is also elsewhere in the Compose file")
		}
	}
}
