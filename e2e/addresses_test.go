package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// joins puts hosts onto one more network.
func (b *bed) joins(t *testing.T, names ...string) (subnet string, addresses []string) {
	t.Helper()
	network := "cairn-" + b.rehearsal.RunID + "-iot"
	third := rand.IntN(256) // another run on this machine has another
	subnet = fmt.Sprintf("10.93.%d.0/24", third)
	docker(t, "network", "create", "--subnet", subnet, network)
	t.Cleanup(func() {
		for _, name := range names {
			_ = exec.Command("docker", "network", "disconnect", "--force", network, b.container(name)).Run()
		}
		_ = exec.Command("docker", "network", "rm", network).Run()
	})
	for i, name := range names {
		address := fmt.Sprintf("10.93.%d.%d", third, 20+i)
		docker(t, "network", "connect", "--ip", address, network, b.container(name))
		addresses = append(addresses, address)
	}
	return subnet, addresses
}

// withoutIPv4 takes a host's IPv4 address away, once the host needs no more
// packages. The engine's resolver asks over IPv4, so a file has the one name that
// must still resolve.
const withoutIPv4 = `export DEBIAN_FRONTEND=noninteractive; apt-get -qq update
	apt-get -qq install -y --no-install-recommends ca-certificates nftables sudo systemd-timesyncd tzdata unattended-upgrades >/dev/null
	echo 2001:db8::1 deb.debian.org >>/etc/hosts
	ip -4 address flush dev eth0`

// listensThere is a program that listens only on one address.
func listensThere(address string) string {
	return "systemd-run --quiet --unit=conform-listener systemd-socket-activate --accept --listen=" + address + ":9000 /bin/cat"
}

// TestAddresses brings up two hosts. One has only an IPv6 address. The other has
// an address on each of two networks, and a program that listens on the second one
// alone.
func TestAddresses(t *testing.T) {
	long(t)
	b := newBed(t, "six", "two", "visitor")
	if !b.host("six").Address6.IsValid() {
		t.Skip("containers on this machine have no IPv6")
	}
	subnet, further := b.joins(t, "two", "visitor")
	b.run("six", withoutIPv4)
	b.run("two", listensThere(further[0]))
	o := newOwner(t, b, "six", "two", "visitor")
	lab := string(mustRead(t, filepath.Join(o.dir, "lab.yaml")))
	replace := func(old, new string) {
		t.Helper()
		if strings.Count(lab, old) != 1 {
			t.Fatalf("the lab file has %q not once:\n%s", old, lab)
		}
		lab = strings.Replace(lab, old, new, 1)
	}
	replace("::/125", "::/64") // the visitor comes by IPv6 too
	replace("    address: "+b.host("six").Address.String()+"\n", "")
	replace("hosts:\n", "networks:\n  iot: {cidr: "+subnet+"}\nhosts:\n")
	for i, name := range []string{"two", "visitor"} {
		replace("  "+name+":\n", fmt.Sprintf("  %s:\n    also: [%s]\n", name, further[i]))
	}
	o.write("lab.yaml", lab)
	command := func(args ...string) outcome { return o.finish(o.command(args...), nil) }

	plan := command("plan", "--first-user", "root")
	if plan.exit != 0 || !strings.Contains(plan.stdout, "9000/tcp") || !strings.Contains(plan.stdout, b.host("six").Address6.String()) {
		t.Errorf("plan ended with %d:\n%s%s", plan.exit, plan.stdout, plan.stderr)
	}
	opened := "    open: [{port: 9000/tcp, from: [" + subnet + "]}]\n"
	replace("    also: ["+further[0]+"]\n", "    also: ["+further[0]+"]\n"+opened)
	o.write("lab.yaml", lab)
	if up := command("up", "--yes", "--first-user", "root"); up.exit != 0 {
		t.Fatalf("up ended with %d:\n%s%s", up.exit, up.stdout, up.stderr)
	}
	o.noChanges()
	if got := b.run("six", "ip -4 -brief address show dev eth0 | wc -w"); strings.TrimSpace(got) != "0" {
		t.Errorf("six has an IPv4 address: the test shows nothing: %s", got)
	}

	// A program that answers only at the second address is seen.
	replace(opened, "")
	o.write("lab.yaml", lab)
	check := command("check", "foundation.firewall-blocks")
	if check.exit != 12 || !strings.Contains(check.stdout, "port 9000 answers although lab.yaml does not declare it") {
		t.Errorf("check ended with %d:\n%s%s", check.exit, check.stdout, check.stderr)
	}
	if up := command("up", "--yes"); up.exit != 0 {
		t.Errorf("up ended with %d:\n%s%s", up.exit, up.stdout, up.stderr)
	}
	if after := command("check", "foundation.firewall-blocks"); after.exit != 0 {
		t.Errorf("check ended with %d:\n%s%s", after.exit, after.stdout, after.stderr)
	}
}
