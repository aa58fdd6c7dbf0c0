package e2e

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updatePlan = flag.Bool("update-plan", false, "write the plan in the documentation anew")

const planPage = "../docs/how-to/read-a-plan.md"

// inUse is a host that several people and programs use.
const inUse = `
	set -e
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq -y install --no-install-recommends docker.io docker-cli iptables busybox-static ufw fail2ban python3-systemd dnsmasq-base >/dev/null 2>&1
	useradd -m -s /bin/bash anna && echo 'anna:a password' | chpasswd
	useradd -m -s /bin/bash ben && install -d -m 0700 -o ben -g ben /home/ben/.ssh
	install -m 0600 -o ben -g ben /root/.ssh/authorized_keys /home/ben/.ssh/authorized_keys
	ip link add lxdbr0 type bridge && ip address add 10.99.0.1/24 dev lxdbr0 && ip link set lxdbr0 up
` + listeners + `	listen jellyfin tcp 0.0.0.0 8096
	listen smbd tcp 0.0.0.0 445
	listen avahi-daemon udp 0.0.0.0 5353
	listen postgres tcp 127.0.0.1 5432
	ufw allow 22/tcp >/dev/null; ufw allow 8096/tcp >/dev/null; ufw allow 25565/tcp >/dev/null; ufw --force enable >/dev/null
	systemctl start docker
	tar -C / -c bin/busybox | docker import - web >/dev/null
	docker run -d --name web -p 8080:80 web /bin/busybox httpd -f -p 80 >/dev/null
	systemctl start fail2ban || true`

// steadyPlan lists the parts of a plan that depend on the moment or the test, and
// their stand-ins in the documentation.
var steadyPlan = []struct{ found, shown string }{
	{` in [0-9.]+m?s\n`, " in 1.2s\n"},
	{`SHA256:[A-Za-z0-9+/]{43}`, "SHA256:jVQ0FpFW8Ezn0Ft0mSgKdmzSDHe7Fs2iqFQYIqyLmHI"},
	{`/tmp/[^ :]*/id_ed25519`, "~/.ssh/id_ed25519"},
	{`(key for ops \.\.\.)\S+:`, "${1}A3x5Fq0Yd1kM:"},
	{`Last login: \d{4}-\d{2}-\d{2}`, "Last login: 2026-11-20"},
	{`\b10\.\d+\.\d+\.(\d+)\b`, "192.168.1.$1"},
	{`\bfd[0-9a-f]*(:[0-9a-f]+)*::/\d+`, "fd12:3456:789a::/64"},
	{`\b172\.\d+\.\d+\.(\d+)\b`, "172.17.0.$1"},
}

// TestPlanOfAHostInUse makes the documentation's plan on a real host.
func TestPlanOfAHostInUse(t *testing.T) {
	long(t)
	b := newBed(t, "atlas")
	b.run("atlas", inUse)
	o := newOwner(t, b, "atlas")
	made := o.finish(o.command("plan", "--first-user", "root"), nil)
	if made.exit != 0 {
		t.Fatalf("plan ended with %d:\n%s%s", made.exit, made.stdout, made.stderr)
	}
	text := made.stdout
	for _, s := range steadyPlan {
		text = regexp.MustCompile(s.found).ReplaceAllString(text, s.shown)
	}
	body, err := os.ReadFile(planPage)
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`(?s)(<!-- begin plan -->\n).*(<!-- end plan -->)`).ReplaceAllLiteralString(string(body),
		"<!-- begin plan -->\n```\n$ cairn plan --first-user root\n"+text+"```\n<!-- end plan -->")
	if *updatePlan {
		if err := os.WriteFile(planPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		body = []byte(page)
	}
	// The rest of a plan changes with every policy. What matters to its reader does
	// not.
	for _, want := range []string{
		"anna can log in with a password today", "ben can log in with a key today", "root can log in with a key today",
		"8080/tcp is published for 172.17.0.2:80 and will be closed.", "8096/tcp jellyfin listens on all addresses", "445/tcp smbd", "5353/udp avahi-daemon",
		"25565/tcp is open in ufw, although nothing listens there now",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not say %q", want)
		}
		if !strings.Contains(string(body), want) {
			t.Errorf("%s does not say %q: write it anew with -update-plan", planPage, want)
		}
	}
	if strings.Contains(text, "5432") {
		t.Error("the plan names ports that only the host itself reaches")
	}
	if diff := cmp.Diff(string(body), page); diff != "" {
		t.Logf("%s differs; -update-plan writes it anew:\n%s", planPage, diff)
	}
}
