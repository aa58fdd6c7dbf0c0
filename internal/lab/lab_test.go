package lab

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairn/internal/document"
	"cairn/internal/golden"
	"cairn/internal/problem"
)

// known are the names that the invalid examples are checked with.
var known = Known{
	Checkpoints: []string{"foundation.ssh-access", "foundation.firewall-blocks"},
	Services:    fakeCatalog{"postgresql": {"databases"}, "n8n": {}, "grafana": {"theme"}},
}

// fakeCatalog has services with the names of their options, each a text.
type fakeCatalog map[string][]string

func (c fakeCatalog) Names() []string { return slices.Sorted(maps.Keys(c)) }

func (c fakeCatalog) Options(name string) []document.Key {
	keys := []document.Key{}
	for _, option := range c[name] {
		keys = append(keys, document.Key{Name: option, Shape: document.Words(&document.Form{Name: "a text"})})
	}
	return keys
}

func TestInvalid(t *testing.T) {
	paths, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 30 {
		t.Fatalf("only %d invalid examples", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = known.Parse("lab.yaml", data)
			if code := problem.CodeOf(err); code != problem.LabInvalid && code != problem.LabSyntax {
				t.Fatalf("code %q of error %v", code, err)
			}
			var faults document.Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("no faults in %v", err)
			}
			lines := strings.Count(string(data), "\n") + 1
			for _, f := range faults {
				if f.File != "lab.yaml" || f.Line < 1 || f.Line > lines || f.Column < 1 || f.Message == "" || f.Code == "" {
					t.Errorf("incomplete fault %+v", f)
				}
				if _, is := problem.Lookup(f.Code); !is {
					t.Errorf("%s is not in the catalogue", f.Code)
				}
			}
			golden.Check(t, strings.TrimSuffix(path, ".yaml")+".golden", []byte(report(err, faults)))
		})
	}
}

// report is a failure, with the codes of all its faults.
func report(err error, faults document.Faults) string {
	var b strings.Builder
	p := problem.Of(err)
	b.WriteString(string(p.Code) + ": " + p.Where + ": " + p.Summary + "\n")
	for _, f := range faults {
		b.WriteString(string(f.Code) + "\n    " + f.Error() + "\n")
	}
	return b.String()
}

func TestStarterLab(t *testing.T) {
	const path = "../../examples/starter/lab.yaml"
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	addr, prefix := netip.MustParseAddr, netip.MustParsePrefix
	want := &Lab{
		Name: "starter", Domain: "starter.home.arpa", Timezone: "Etc/UTC", Workflow: Hybrid, SSH: SSH{Forwarding: ForwardNone},
		Network: Network{
			CIDR: prefix("10.83.0.0/24"), CIDR6: prefix("fd83::/64"), Gateway: addr("10.83.0.1"),
			DNS: []netip.Addr{addr("10.83.0.1")}, Admin: []netip.Prefix{prefix("10.83.0.0/24"), prefix("fd83::/125")},
		},
		Hosts: []Host{
			{Name: "server", Address: addr("10.83.0.10"), Address6: addr("fd83::10"), Port: 22, User: "ops", Roles: []Role{Server}, Forwarding: ForwardNone},
			{Name: "visitor", Address: addr("10.83.0.20"), Address6: addr("fd83::20"), Port: 22, User: "ops", Roles: []Role{VantageRole}, Forwarding: ForwardNone},
		},
		Choose: defaultChoices(), Journal: Journal{Keep: 400 * day}, Services: []Service{{Name: "hello", Compose: "hello.yaml", Options: map[string]any{}}, {Name: "whoami", Options: map[string]any{}}},
		File: path, Dir: "../../examples/starter",
	}
	if diff := cmp.Diff(want, got, byValue, cmpopts.IgnoreFields(Lab{}, "Hash")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(got.Hash) != 64 {
		t.Errorf("Hash = %q", got.Hash)
	}
	if visitor, _ := got.Host("visitor"); !visitor.OnlyVantage() {
		t.Error("the visitor is not only a vantage")
	}
}

const day = 24 * time.Hour

var byValue = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

func defaultChoices() map[string]string {
	return map[string]string{
		"firewall": "nftables", "time-daemon": "keep", "container-platform": "docker", "reverse-proxy": "traefik", "tls": "internal-ca", "names": "dnsmasq",
		"vpn": "wireguard", "backup": "restic", "auth": "authelia",
	}
}

func TestEverythingIsRead(t *testing.T) {
	got, err := Load("testdata/valid/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	addr, prefix, yes := netip.MustParseAddr, netip.MustParsePrefix, true
	chosen := defaultChoices()
	chosen["container-platform"], chosen["backup"] = "k3s", "velero"
	want := &Lab{
		Name: "home", Domain: "lab.home.arpa", Timezone: "Europe/Berlin", Workflow: Waterfall, SSH: SSH{Key: "~/.ssh/lab", FurtherKeys: []string{phoneKey}, Forwarding: ForwardLocal},
		Network: Network{
			CIDR: prefix("192.168.1.0/24"), CIDR6: prefix("fd12:3456:789a:1::/64"), Gateway: addr("192.168.1.1"),
			DNS:   []netip.Addr{addr("192.168.1.1"), addr("fd12:3456:789a:1::1")},
			Admin: []netip.Prefix{prefix("192.168.1.0/28"), prefix("10.8.0.0/24"), prefix("fd12:3456:789a:1::/64")},
		},
		Hosts: []Host{
			{
				Name: "atlas", Address: addr("192.168.1.10"), Address6: addr("fd12:3456:789a:1::10"), Port: 2222, User: "ops", FirstUser: "Admin.Pi",
				Roles: []Role{Server, Storage, GPU}, Hardware: Hardware{CPUs: 4, Memory: 16 << 30, Virtualization: &yes}, Forwarding: ForwardAll,
				Open: []Opening{
					{Protocol: "tcp", Port: 443},
					{Protocol: "udp", Port: 51820, From: []netip.Prefix{prefix("203.0.113.0/24"), prefix("2001:db8::/32")}},
				},
				Inside: []string{"enp4s0", "wg0"},
			},
			{Name: "visitor", Address: addr("192.168.1.20"), Port: 22, User: "ops", Roles: []Role{VantageRole}, Forwarding: ForwardLocal},
		},
		Choose: chosen, Journal: Journal{Keep: 730 * day}, Images: Images{Mirror: "http://192.168.1.5:5000"},
		Secrets: Secrets{Recipients: []string{someRecipient, strings.TrimSuffix(phoneKey, " phone")}},
		Services: []Service{
			{Name: "n8n", Options: map[string]any{}},
			{Name: "postgresql", Options: map[string]any{
				"databases": []any{"n8n"},
				"tuning":    map[string]any{"shared_buffers": "256MB", "ratio": 0.5, "on": true, "off": nil},
			}},
			{Name: "whoami", Compose: "./stacks/whoami/compose.yaml", HTTPPort: 80, Options: map[string]any{}},
		},
		Waivers: []Waiver{{
			Checkpoint: "foundation.firewall-blocks/ipv6", Reason: "provider has no IPv6",
			Expires: time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC),
		}},
		File: "testdata/valid/full.yaml", Dir: "testdata/valid",
	}
	if diff := cmp.Diff(want, got, byValue, cmpopts.IgnoreFields(Lab{}, "Hash")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	l, err := Load("testdata/valid/aliases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	borea, _ := l.Host("borea")
	if borea.Address.String() != "10.0.0.11" || borea.User != "ada" || borea.Hardware.CPUs != 8 {
		t.Errorf("borea = %+v", borea)
	}
}

// TestNetworks checks that a host is on the network that has its address.
func TestNetworks(t *testing.T) {
	l, err := Load("testdata/valid/networks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"atlas": "192.168.1.1", "camera": "192.168.20.1"} {
		h, _ := l.Host(host)
		s := l.SubnetOf(h)
		if s.Gateway.String() != want || len(s.DNS) != 1 || s.DNS[0] != s.Gateway || !s.Contains(h.Address) {
			t.Errorf("%s is on %+v", host, s)
		}
	}
}

// TestAddresses checks that IPv6 reaches a host that has nothing else. A host may
// have addresses on several networks.
func TestAddresses(t *testing.T) {
	l, err := Load("testdata/valid/addresses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"six": "fd83::10 [fd83::10]", "two": "192.168.1.10 [192.168.1.10 192.168.20.10]"} {
		h, _ := l.Host(host)
		if got := fmt.Sprint(h.At(), " ", h.Addresses()); got != want {
			t.Errorf("%s is at %s, not %s", host, got, want)
		}
		if s := l.SubnetOf(h); s.Name != "" {
			t.Errorf("%s is on %+v", host, s)
		}
	}
}

func TestDefaults(t *testing.T) {
	l, err := Load("testdata/valid/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	atlas, known := l.Host("atlas")
	if !known || atlas.Port != 22 || atlas.User != "ops" || !atlas.Has(Server) || atlas.OnlyVantage() {
		t.Errorf("atlas = %+v", atlas)
	}
	if l.Timezone != "Etc/UTC" || l.Workflow != Hybrid || l.Domain != "home.home.arpa" || l.Network.DNS != nil {
		t.Errorf("lab = %+v", l)
	}
	if diff := cmp.Diff(defaultChoices(), l.Choose); diff != "" {
		t.Error(diff)
	}
	if _, known := l.Host("nowhere"); known {
		t.Error("a host was found that does not exist")
	}
}

func TestMissingComposeFile(t *testing.T) {
	data, err := os.ReadFile("testdata/valid/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load(path)
	var faults document.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || !strings.Contains(faults[0].Message, "there is no file") {
		t.Errorf("error = %v", err)
	}
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none.yaml"), dir} {
		if _, err := Load(path); problem.CodeOf(err) != problem.LabMissing {
			t.Errorf("Load(%s) = %v", path, err)
		}
	}
}

func TestFind(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	// A folder of that name is not a lab file.
	if err := os.MkdirAll(filepath.Join(deep, FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(deep); problem.CodeOf(err) != problem.LabMissing {
		t.Fatalf("Find = %q, %v", got, err)
	}
	want := filepath.Join(top, FileName)
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(deep); err != nil || got != want {
		t.Errorf("Find = %q, %v; want %q", got, err, want)
	}
}

func TestTimezonesAreThere(t *testing.T) {
	names, renamed := timezones()
	if len(names) < 400 || len(renamed) < 100 {
		t.Fatalf("only %d time zones and %d old names", len(names), len(renamed))
	}
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for old, today := range renamed {
		if !slices.Contains(names, today) {
			t.Errorf("%s is now %s, which may not be used", old, today)
		}
	}
}
