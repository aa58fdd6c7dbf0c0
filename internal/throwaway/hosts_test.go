package throwaway

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// twoHosts is a lab of a server and a machine to look from.
func twoHosts() *lab.Lab {
	return &lab.Lab{
		Name: "pair",
		Network: lab.Network{
			CIDR: netip.MustParsePrefix("10.84.0.0/24"), CIDR6: netip.MustParsePrefix("fd84::/64"),
			Gateway: netip.MustParseAddr("10.84.0.1"), Admin: []netip.Prefix{netip.MustParsePrefix("10.84.0.0/24")},
		},
		Hosts: []lab.Host{
			{Name: "server", Address: netip.MustParseAddr("10.84.0.10"), Address6: netip.MustParseAddr("fd84::10"), Port: 22},
			{Name: "visitor", Address: netip.MustParseAddr("10.84.0.20"), Address6: netip.MustParseAddr("fd84::20"), Port: 2222},
		},
	}
}

// needEngine fails the test if no engine can be used, and says what to do.
func needEngine(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("makes containers")
	}
	if _, err := Probe(t.Context(), Docker{}); err != nil {
		t.Fatalf("%v: %s", err, problem.Of(err).Remedy())
	}
}

// Hosts in two networks of a lab must reach each other in the rehearsal, and be
// managed from here.
func TestTwoNetworks(t *testing.T) {
	needEngine(t)
	l := twoHosts()
	l.Networks = []lab.Subnet{{Name: "iot", CIDR: netip.MustParsePrefix("10.84.20.0/24"), Gateway: netip.MustParseAddr("10.84.20.1")}}
	l.Hosts[1].Address, l.Hosts[1].Address6 = netip.MustParseAddr("10.84.20.20"), netip.Addr{}
	signer := testkey.New(t)
	r, err := Start(t.Context(), Options{Lab: l, RunID: "test-" + strings.ToLower(rand.Text()[:8]), Key: signer.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	server, visitor := r.All()[0], r.All()[1]
	must(t, r, "visitor", "ping", "-c", "1", "-W", "5", server.Address.String())
	must(t, r, "server", "ping", "-c", "1", "-W", "5", visitor.Address.String())
	if got := asRoot(t, signer, visitor, "hostname"); got != "visitor\n" {
		t.Errorf("the host of the second network says %q", got)
	}
}

func TestHostsLiveAndLeaveNothing(t *testing.T) {
	needEngine(t)
	signer := testkey.New(t)
	id := "test-" + strings.ToLower(rand.Text()[:8])
	r, err := Start(t.Context(), Options{Lab: twoHosts(), RunID: id, Key: signer.PublicKey(), Nested: true,
		Progress: func(host, text string) { t.Logf("%s %s", host, text) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		for _, left := range leftovers(t, id) {
			t.Errorf("left behind: %s", left)
		}
	})
	for _, host := range r.All() {
		if len(host.Failed) > 0 {
			t.Errorf("%s failed to start %q", host.Name, host.Failed)
		}
		if got := asRoot(t, signer, host, "id -un; hostname"); got != "root\n"+host.Name+"\n" {
			t.Errorf("%s says %q", host.Name, got)
		}
	}
	if slices.ContainsFunc(r.HostKeys("server"), func(key ssh.PublicKey) bool { return slices.ContainsFunc(r.HostKeys("visitor"), equal(key)) }) {
		t.Error("two hosts have the same host key")
	}
	t.Run("reach each other on both families", func(t *testing.T) {
		server := r.All()[0]
		for _, address := range []netip.Addr{server.Address, server.Address6} {
			must(t, r, "visitor", "ping", "-c", "1", "-W", "5", address.String())
		}
	})
	t.Run("own their files and their kernel settings", func(t *testing.T) {
		must(t, r, "server", "sh", "-ec", `for f in hostname hosts resolv.conf; do mv /etc/$f /etc/$f.x; mv /etc/$f.x /etc/$f; done`)
		must(t, r, "server", "sysctl", "-w", "net.ipv4.conf.all.rp_filter=1")
		must(t, r, "server", "nft", "add", "table", "inet", "test")
	})
	t.Run("apt works", func(t *testing.T) {
		must(t, r, "server", "apt-get", "-qq", "update")
		must(t, r, "server", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "install", "--no-install-recommends", "hello")
		must(t, r, "server", "hello")
	})
	t.Run("restart keeps disk and keys, and nothing else", func(t *testing.T) {
		must(t, r, "server", "hostnamectl", "hostname", "renamed")
		must(t, r, "server", "touch", "/run/gone", "/root/stays")
		for _, restart := range []func(context.Context, string) error{r.Restart, r.PowerCycle} {
			if err := restart(t.Context(), "server"); err != nil {
				t.Fatal(err)
			}
			must(t, r, "server", "sh", "-ec", "test ! -e /run/gone; test -e /root/stays; touch /run/gone")
			if got := asRoot(t, signer, r.All()[0], "hostname"); got != "renamed\n" {
				t.Errorf("after a restart the host is called %q", got)
			}
		}
	})
	t.Run("the cable can be pulled", func(t *testing.T) {
		if err := r.Disconnect(t.Context(), "server"); err != nil {
			t.Fatal(err)
		}
		address := r.All()[0].Address.String()
		if _, _, err := r.Exec(t.Context(), "visitor", []string{"ping", "-c", "1", "-W", "1", address}, nil); err == nil {
			t.Error("a host without a cable answers")
		}
		if err := r.Connect(t.Context(), "server"); err != nil {
			t.Fatal(err)
		}
		must(t, r, "visitor", "ping", "-c", "1", "-W", "5", address)
	})
	t.Run("exec says how a program ended", func(t *testing.T) {
		out, errOut, err := r.Exec(t.Context(), "server", []string{"sh", "-c", "cat; echo oh >&2; exit 7"}, strings.NewReader("in"))
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 7 || string(out) != "in" || string(errOut) != "oh\n" {
			t.Errorf("%q %q %v", out, errOut, err)
		}
	})
	t.Run("sweep leaves the living alone", func(t *testing.T) {
		removed, err := sweepOnly(t, id, abandoned)
		if err != nil || slices.Contains(removed, id) {
			t.Errorf("removed %q, %v", removed, err)
		}
	})
}

// TestMeasurementsSideBySide measures while another measurement is in progress,
// stopped at the point where it used to disturb others.
func TestMeasurementsSideBySide(t *testing.T) {
	needEngine(t)
	engine, err := Probe(t.Context(), Docker{})
	if err != nil {
		t.Fatal(err)
	}
	image, err := EnsureImage(t.Context(), Docker{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if engine.CgroupVersion == 1 {
		const other = "/sys/fs/cgroup/systemd/rehearsal-probe"
		rights := Capabilities{Engine: engine}.cgroups()
		if _, err := (Docker{}).measure(t.Context(), image, "mkdir -p "+other, rights...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := (Docker{}).measure(context.Background(), image, "rmdir "+other, rights...); err != nil {
				t.Error(err)
			}
		})
	}
	var group errgroup.Group
	for range 3 {
		group.Go(func() error {
			_, err := Measure(t.Context(), Docker{}, engine, image)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestSweepRemovesWhatACrashLeft(t *testing.T) {
	needEngine(t)
	id := "test-" + strings.ToLower(rand.Text()[:8])
	r, err := Start(t.Context(), Options{Lab: twoHosts(), RunID: id, Key: testkey.New(t).PublicKey(), Nested: true})
	if err != nil {
		t.Fatal(err)
	}
	// This is what a crash does: the kernel closes the file, and nobody cleans up.
	if err := r.lock.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(FolderOf(id), 0o700); err != nil {
		t.Fatal(err)
	}
	removed, err := sweepOnly(t, id, abandoned)
	if err != nil || !slices.Contains(removed, id) {
		t.Errorf("removed %q, %v", removed, err)
	}
	for _, left := range leftovers(t, id) {
		t.Errorf("left behind: %s", left)
	}
}

func TestSweepLeavesWhatIsKept(t *testing.T) {
	needEngine(t)
	id := "test-" + strings.ToLower(rand.Text()[:8])
	r, err := Start(t.Context(), Options{Lab: twoHosts(), RunID: id, Key: testkey.New(t).PublicKey(), Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if removed, err := sweepOnly(t, id, abandoned); err != nil || slices.Contains(removed, id) {
		t.Errorf("removed %q, %v", removed, err)
	}
	if len(leftovers(t, id)) == 0 {
		t.Error("the kept rehearsal is gone")
	}
	if removed, err := sweepOnly(t, id, over); err != nil || !slices.Contains(removed, id) {
		t.Errorf("all: removed %q, %v", removed, err)
	}
	for _, left := range leftovers(t, id) {
		t.Errorf("left behind: %s", left)
	}
}

func TestInterruptedStartLeavesNothing(t *testing.T) {
	needEngine(t)
	id := "test-" + strings.ToLower(rand.Text()[:8])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Start(ctx, Options{Lab: twoHosts(), RunID: id, Key: testkey.New(t).PublicKey(), Progress: func(_, text string) {
		if text == "booting" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for _, left := range leftovers(t, id) {
		t.Errorf("left behind: %s", left)
	}
}

// sweepOnly sweeps as Sweep and SweepAll do, but only this test's own run. Other
// tests and the owner of this machine have runs on the same engine.
func sweepOnly(t *testing.T, id string, goes func(Run) bool) ([]string, error) {
	t.Helper()
	return sweep(t.Context(), Docker{}, func(run Run) bool { return run.ID == id && goes(run) })
}

// leftovers names what the engine still has of a run.
func leftovers(t *testing.T, id string) []string {
	t.Helper()
	var left []string
	for _, kind := range kinds {
		out, err := Docker{}.call(context.Background(), nil, append(slices.Clone(kind.list), "--quiet", "--filter", "label="+labelRun+"="+id)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range strings.Fields(out) {
			left = append(left, kind.list[0]+" "+found)
		}
	}
	files, err := filepath.Glob(fileOf(id, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(left, files...)
}

// must runs a program on a host, and fails the test if that fails.
func must(t *testing.T, r *Hosts, host string, argv ...string) {
	t.Helper()
	if out, errOut, err := r.Exec(t.Context(), host, argv, nil); err != nil {
		t.Fatalf("%s: %q: %v\n%s%s", host, argv, err, out, errOut)
	}
}

// asRoot runs a command over SSH with the key alone, and with the host's key
// pinned.
func asRoot(t *testing.T, signer ssh.Signer, host Host, command string) string {
	t.Helper()
	pinned := func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if !slices.ContainsFunc(host.Keys, equal(key)) {
			return errors.New("another host key")
		}
		return nil
	}
	client, err := ssh.Dial("tcp", netip.AddrPortFrom(host.Address, host.Port).String(), &ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: pinned,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Output(command)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func equal(key ssh.PublicKey) func(ssh.PublicKey) bool {
	return func(other ssh.PublicKey) bool { return bytes.Equal(key.Marshal(), other.Marshal()) }
}
