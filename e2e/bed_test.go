// Package e2e holds the tests on real hosts. These are containers on the local
// Docker Engine with systemd, sshd and their own network.
package e2e

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/rehearse"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/testkey"
	"cairn/internal/throwaway"
	"cairn/internal/wiring"
)

// bed is a lab on throw-away hosts, and everything needed to work on it.
type bed struct {
	t         testing.TB
	rehearsal *throwaway.Hosts
	lab       *lab.Lab
	key       ssh.PublicKey // the owner's
	roadmap   *roadmap.Roadmap
	services  *wiring.Wiring    // nil without any
	images    map[string]string // what the engine has kept
	madeUp    rehearse.MadeUp
	proved    []string // services that ran, with all their checks held
	mu        sync.Mutex
	events    []engine.Event
}

// newBed boots a host for every name; those called "visitor..." are only looked
// from. All are removed when the test ends.
func newBed(t testing.TB, names ...string) *bed {
	t.Helper()
	return newBedOf(t, labOf(names))
}

// newDockerBed is [newBed] with hosts that run containers.
func newDockerBed(t testing.TB, names ...string) *bed {
	t.Helper()
	l := labOf(names)
	l.Choose = map[string]string{"container-platform": "docker"}
	for i, h := range l.Hosts {
		if !h.OnlyVantage() {
			l.Hosts[i].Roles = []lab.Role{lab.Server}
		}
	}
	return newBedOf(t, l)
}

func newBedOf(t testing.TB, l *lab.Lab) *bed {
	t.Helper()
	if testing.Short() {
		t.Skip("boots real hosts")
	}
	b := &bed{t: t, lab: l}
	dir := t.TempDir()
	b.key = testkey.Write(t, filepath.Join(dir, "id_ed25519"), "").PublicKey()
	var err error
	b.rehearsal, err = throwaway.Start(t.Context(), throwaway.Options{Lab: b.lab, RunID: "e2e-" + strings.ToLower(rand.Text()[:6]), Key: b.key, Nested: task.WithDocker(l)})
	if err != nil {
		t.Fatalf("the tests on real hosts need Docker: run `make need` as root, or `go test -short`.\n%v", err)
	}
	t.Cleanup(func() {
		if err := b.rehearsal.Close(); err != nil {
			t.Error(err)
		}
	})
	mirrored := *b.rehearsal.Lab
	mirrored.Dir, mirrored.SSH.Key = dir, filepath.Join(dir, "id_ed25519")
	b.lab = &mirrored
	if b.roadmap, err = roadmap.Homelab(task.Implemented); err != nil {
		t.Fatal(err)
	}
	b.pin()
	return b
}

// long skips a test that takes minutes, unless long tests were asked for.
func long(t *testing.T) {
	t.Helper()
	if !whole() {
		t.Skip("takes minutes: run `make test-long`")
	}
}

// whole reports whether to try all of a matrix of faults, not only a part.
func whole() bool { return os.Getenv("CAIRN_LONG") != "" }

// labOf declares a lab in an address range of its own. A rehearsal moves it to a
// free range. Its hosts only store, so that tests of other things do not wait for
// Docker.
func labOf(names []string) *lab.Lab {
	l := &lab.Lab{
		Name: "e2e", Domain: "e2e.home.arpa", Timezone: "Etc/UTC", Workflow: lab.Hybrid, Hash: "test",
		Network: lab.Network{
			CIDR: netip.MustParsePrefix("10.84.0.0/24"), CIDR6: netip.MustParsePrefix("fd84::/64"), Gateway: netip.MustParseAddr("10.84.0.1"),
			DNS:   []netip.Addr{netip.MustParseAddr("10.84.0.1")},
			Admin: []netip.Prefix{netip.MustParsePrefix("10.84.0.0/24"), netip.MustParsePrefix("fd84::/125")},
		},
	}
	for i, name := range names {
		h := lab.Host{
			Name: name, Address: netip.MustParseAddr(fmt.Sprintf("10.84.0.%d", 10+i)), Address6: netip.MustParseAddr(fmt.Sprintf("fd84::%x", 16+i)),
			Port: 22, User: "ops", Roles: []lab.Role{lab.Storage},
		}
		if strings.HasPrefix(name, "visitor") {
			h.Roles = []lab.Role{lab.VantageRole}
		}
		l.Hosts = append(l.Hosts, h)
	}
	return l
}

// pin writes the hosts' keys to where the connector looks for them.
func (b *bed) pin() {
	b.t.Helper()
	var lines strings.Builder
	for _, h := range b.lab.Hosts {
		for _, key := range b.rehearsal.HostKeys(h.Name) {
			if key.Type() == ssh.KeyAlgoED25519 {
				lines.WriteString(knownhosts.Line([]string{h.Name}, key) + "\n")
			}
		}
	}
	if err := os.MkdirAll(engine.StateDirOf(b.lab), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(engine.StateDirOf(b.lab), "known_hosts"), []byte(lines.String()), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) host(name string) lab.Host {
	b.t.Helper()
	h, known := b.lab.Host(name)
	if !known {
		b.t.Fatalf("no host %s", name)
	}
	return h
}

// connector returns a controller's connector, as new as after a restart.
func (b *bed) connector() *host.Connector { return b.connectorOver(nil) }

// connectorOver is connector with another way to dial.
func (b *bed) connectorOver(dial host.DialFunc) *host.Connector {
	b.t.Helper()
	c, err := host.New(host.Options{Lab: b.lab, Dir: engine.StateDirOf(b.lab), Now: time.Now, Dial: dial})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// engine opens the lab as a new program would.
func (b *bed) engine() *engine.Engine {
	b.t.Helper()
	return b.engineWith(b.take)
}

// engineWith returns an engine whose events go to a test.
func (b *bed) engineWith(watch func(engine.Event)) *engine.Engine {
	b.t.Helper()
	return b.engineOver(b.connector(), watch)
}

func (b *bed) engineOver(connector *host.Connector, watch func(engine.Event)) *engine.Engine {
	b.t.Helper()
	e, err := engine.Open(b.t.Context(), engine.Options{
		Lab: b.lab, Roadmap: b.roadmap, Services: b.services, Secrets: b.madeUp.Secrets, Root: b.madeUp.RootCertificate, KeepImages: b.keepImages, Connector: connector, Login: host.Login{User: "root"}, Now: time.Now,
		Progress: watch, Waivers: rehearse.Waivers(time.Now()),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = e.Close() })
	return e
}

func (b *bed) keepImages(digests map[string]string) error {
	maps.Copy(b.images, digests)
	return nil
}

func (b *bed) take(event engine.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, event)
}

// seen are the events so far.
func (b *bed) seen() []engine.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]engine.Event{}, b.events...)
}

// up brings the lab up. It must work.
func (b *bed) up() *engine.UpReport {
	b.t.Helper()
	return b.upBy(b.engine())
}

func (b *bed) upBy(e *engine.Engine) *engine.UpReport {
	b.t.Helper()
	report, err := e.Up(b.t.Context(), engine.UpOptions{})
	if err != nil {
		for _, event := range b.seen() {
			b.t.Logf("%s %s %s %s %s", event.Type, event.Host, event.Step, event.Outcome, event.Text)
		}
		b.t.Fatalf("up: %v", err)
	}
	return report
}

// run runs a shell line on a host, not over SSH, and returns what it printed.
func (b *bed) run(name, line string) string {
	b.t.Helper()
	out, stderr, err := b.rehearsal.Exec(b.t.Context(), name, []string{"sh", "-c", line}, nil)
	if err != nil {
		b.t.Fatalf("%s: %s: %v: %s", name, line, err, stderr)
	}
	return string(out)
}

// reachable makes sure that the owner still gets in with sudo.
func (b *bed) reachable(name string) {
	b.t.Helper()
	session, err := b.connector().Connect(b.t.Context(), b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		b.t.Errorf("%s: the owner is locked out: %v", name, err)
		return
	}
	_ = session.Close()
}

// fingerprint is everything on a host that a guarded change may touch. That is the
// files below /etc with mode, owner, time and content, and the home directories.
// It is also the rules in force, and sshd's effective configuration. Three files
// are left out, as the container engine writes them anew with every start and
// every new network. So are the rules for the engine's resolver at 127.0.0.11.
func (b *bed) fingerprint(name string) string {
	b.t.Helper()
	return b.run(name, `
		engines='( -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf -o -path /etc/.pwd.lock )'
		find /etc /home $engines -prune -o -type d -printf '%p %M %U:%G\n' -o -printf '%p %M %U:%G %T@ %l\n' | sort
		find /etc /home $engines -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
		nft --stateless list ruleset | grep -v 127.0.0.11
		/usr/sbin/sshd -T | sort`)
}

// difference lists the lines that only one of two fingerprints has.
func difference(before, after string) string {
	have := map[string]int{}
	for line := range strings.Lines(before) {
		have[line]++
	}
	var b strings.Builder
	for line := range strings.Lines(after) {
		if have[line]--; have[line] < 0 {
			b.WriteString("+ " + line)
		}
	}
	for line, n := range have {
		if n > 0 {
			b.WriteString("- " + line)
		}
	}
	return b.String()
}

// eventually waits until a condition holds.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
