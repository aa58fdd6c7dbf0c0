package throwaway

import (
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/distro"
)

// mirrors are where a host gets its packages from.
type mirrors struct{ main, security string }

// uri finds the addresses in both formats of sources.list(5): "deb [options]
// http://…" and "URIs: http://…".
var uri = regexp.MustCompile(`https?://[^\s\]]+`)

// machineMirrors takes the mirrors of a Debian machine from its apt sources, so
// that hosts use a mirror that the machine already has. It skips mirrors that
// are not Debian's (Ubuntu, other vendors).
func machineMirrors(sources string) mirrors {
	found := mirrors{}
	for _, line := range strings.Split(sources, "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "deb ") && !strings.HasPrefix(line, "deb\t") && !strings.HasPrefix(line, "URIs:") {
			continue
		}
		for _, address := range uri.FindAllString(line, -1) {
			address = strings.TrimSuffix(address, "/")
			switch {
			case strings.HasSuffix(address, distro.Rehearsed.Security.Ending) && found.security == "":
				found.security = address
			case strings.HasSuffix(address, distro.Rehearsed.Packages.Ending) && found.main == "":
				found.main = address
			}
		}
	}
	if found.main == "" {
		found.main = distro.Rehearsed.Packages.Address
	}
	if found.security == "" {
		found.security = distro.Rehearsed.Security.Address
	}
	return found
}

// sources returns a host's file of repositories, in the form of a fresh Debian
// 13 server.
func (m mirrors) sources() []byte {
	stanza := func(address, suites string) string {
		return "Types: deb\nURIs: " + address + "\nSuites: " + suites +
			"\nComponents: main\nSigned-By: " + distro.Rehearsed.Keys + "\n"
	}
	suite := distro.Rehearsed.Codename
	return []byte(stanza(m.main, suite+" "+suite+"-updates") + "\n" + stanza(m.security, suite+"-security"))
}

// proxySetting is a line of apt.conf(5) that names a proxy, as `apt-config dump`
// prints it.
var proxySetting = regexp.MustCompile(`(?i)^Acquire::(http|https)::Proxy "([^"]+)";`)

// proxies maps a scheme, "http" or "https", to the address of its HTTP proxy.
// The address may contain a password, so it is passed in files and
// environments, never in arguments.
type proxies map[string]string

// machineProxies takes a machine's proxies from apt's configuration, or else
// from the environment. A proxy on the machine's loopback is left out, because
// a host has its own loopback.
func machineProxies(aptConfig string, environ []string) proxies {
	found := proxies{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if scheme, ok := strings.CutSuffix(strings.ToLower(name), "_proxy"); ok && (scheme == "http" || scheme == "https") {
			found[scheme] = value
		}
	}
	for _, line := range strings.Split(aptConfig, "\n") {
		if setting := proxySetting.FindStringSubmatch(line); setting != nil {
			found[strings.ToLower(setting[1])] = setting[2]
		}
	}
	maps.DeleteFunc(found, func(_, address string) bool { return !usableProxy(address) })
	return found
}

func usableProxy(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || strings.ContainsAny(address, "\"\n") {
		return false
	}
	ip, err := netip.ParseAddr(parsed.Hostname())
	return parsed.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())
}

// aptConf returns a host's apt.conf(5) for these proxies.
func (p proxies) aptConf() []byte {
	var conf strings.Builder
	for _, scheme := range slices.Sorted(maps.Keys(p)) {
		conf.WriteString("Acquire::" + scheme + "::Proxy \"" + p[scheme] + "\";\n")
	}
	return []byte(conf.String())
}

// environ returns an environment that contains these proxies.
func (p proxies) environ(base []string) []string {
	all := slices.Clone(base)
	for _, scheme := range slices.Sorted(maps.Keys(p)) {
		all = append(all, scheme+"_proxy="+p[scheme])
	}
	return all
}
