package throwaway

import (
	"testing"

	"cairn/internal/distro"

	"github.com/google/go-cmp/cmp"
)

func TestMachineMirrors(t *testing.T) {
	tests := []struct{ name, sources, main, security string }{
		{"none", "", distro.Rehearsed.Packages.Address, distro.Rehearsed.Security.Address},
		{"one line", "deb [signed-by=/k] http://mirror.lan/debian/ bookworm main\n# deb http://old/debian x main\n", "http://mirror.lan/debian", distro.Rehearsed.Security.Address},
		{"deb822", "Types: deb\nURIs: https://a.example/debian\nSuites: trixie\n\nTypes: deb\nURIs: https://a.example/debian-security\n", "https://a.example/debian", "https://a.example/debian-security"},
		{"others", "deb http://archive.ubuntu.com/ubuntu noble main\ndeb https://deb.nodesource.com/node_20.x nodistro main\n", distro.Rehearsed.Packages.Address, distro.Rehearsed.Security.Address},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := machineMirrors(test.sources); got != (mirrors{test.main, test.security}) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestMachineProxies(t *testing.T) {
	tests := []struct {
		name, config string
		environ      []string
		want         proxies
	}{
		{"none", "", []string{"HOME=/root"}, proxies{}},
		{"environment", "", []string{"http_proxy=http://p:3128", "HTTPS_PROXY=http://p:3129", "no_proxy=x"}, proxies{"http": "http://p:3128", "https": "http://p:3129"}},
		{"apt wins", `Acquire::http::Proxy "http://apt:3142";`, []string{"http_proxy=http://p:3128"}, proxies{"http": "http://apt:3142"}},
		{"loopback", `Acquire::http::Proxy "http://127.0.0.1:3142";`, []string{"https_proxy=http://localhost:1"}, proxies{}},
		{"direct", `Acquire::http::Proxy "DIRECT";`, nil, proxies{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, machineProxies(test.config, test.environ)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := string(proxies{"http": "http://p:1"}.aptConf()); got != "Acquire::http::Proxy \"http://p:1\";\n" {
		t.Errorf("got %q", got)
	}
}
