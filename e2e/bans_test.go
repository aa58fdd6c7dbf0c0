package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// banning sets up two programs that ban addresses, as owners do. Here CrowdSec
// asks nobody on the Internet. It bans in home networks too, which its default
// spares. psad bans nobody by default; here it is set to ban, and reads what the
// owner's own rule logs.
const banning = `set -e; export DEBIAN_FRONTEND=noninteractive
	install -d /etc/crowdsec; echo 'url: http://127.0.0.1:9/' >/etc/crowdsec/online_api_credentials.yaml
	apt-get -q update; apt-get -q -y install --no-install-recommends crowdsec psad ulogd2 iptables msmtp-mta bsd-mailx
	rm /etc/crowdsec/parsers/s02-enrich/whitelists.yaml; systemctl restart crowdsec
	iptables -t raw -A PREROUTING -p tcp --syn -j NFLOG
	set_psad() { sed -i "s|^$1 .*|$1 $2;|" /etc/psad/psad.conf; }
	set_psad ENABLE_AUTO_IDS Y; set_psad AUTO_IDS_DANGER_LEVEL 2
	set_psad IPT_SYSLOG_FILE /var/log/ulog/syslogemu.log; set_psad AUTO_DETECT_JOURNALCTL N
	set_psad ENABLE_DNS_LOOKUPS N; set_psad ENABLE_WHOIS_LOOKUPS N
	systemctl restart ulogd2 psad`

// attack does what a look may seem to do: failed logins, then a port scan.
const attack = `for n in 1 2 3 4 5 6; do ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=3 stranger$n@ADDRESS true 2>/dev/null; done
	for port in $(seq 1000 1060); do timeout 2 bash -c "exec 3<>/dev/tcp/ADDRESS/$port" 2>/dev/null & done; wait; true`

// bansOf shows whom each of the two bans.
var bansOf = map[string]string{
	"crowdsec": "cscli decisions list -o raw",
	"psad":     "cat /var/log/psad/auto_blocked_iptables 2>/dev/null; iptables -n -L PSAD_BLOCK_INPUT 2>/dev/null; true",
}

// TestNobodyIsBannedWhoLooks has two machines do the same, and both are banned.
// Then one of them becomes exempt: its ban is lifted and it is not banned again.
// The other is.
func TestNobodyIsBannedWhoLooks(t *testing.T) {
	long(t)
	b := newBed(t, "banning", "visitor", "outsider")
	b.run("banning", banning)
	bans := func(program, who string) bool {
		return strings.Contains(b.run("banning", bansOf[program]), b.host(who).Address.String())
	}
	attacked := func() {
		for _, who := range []string{"visitor", "outsider"} {
			b.run(who, strings.ReplaceAll(attack, "ADDRESS", b.host("banning").Address.String()))
		}
	}

	attacked()
	for program := range bansOf {
		eventually(t, time.Minute, program+" bans both", func() bool { return bans(program, "visitor") && bans(program, "outsider") })
	}
	b.exempt("banning", "visitor")
	for program := range bansOf {
		if bans(program, "visitor") {
			t.Errorf("%s still bans the exempt machine", program)
		}
	}
	// This lifts the outsider's bans, so that the next ones are new. psad lifts all of
	// its bans when it starts.
	b.run("banning", "cscli decisions delete --all")
	attacked()
	for program := range bansOf {
		eventually(t, time.Minute, program+" bans the outsider again", func() bool { return bans(program, "outsider") })
		if bans(program, "visitor") {
			t.Errorf("%s bans the exempt machine", program)
		}
	}
}

// exempt tells the programs on a host never to ban another host.
func (b *bed) exempt(name, from string) {
	b.t.Helper()
	session, err := b.connector().Connect(b.t.Context(), b.host(name), host.Login{User: "root"})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	run := newRun(session)
	for program := range bansOf {
		exemption := resource.Exemption{Program: program, Networks: []string{b.host(from).Address.String() + "/32"}}
		spec, err := resource.Encode(exemption)
		if err != nil {
			b.t.Fatal(err)
		}
		run.Steps = append(run.Steps, wire.Step{ID: "exemption " + program, Resource: spec})
	}
	if err := carryOut(b.t.Context(), b.engine(), session, run); err != nil {
		b.t.Fatal(err)
	}
}

// TestAVantageIsBannedAlready has a host ban a vantage before anybody could tell
// it not to. Looks from there are unproven for that reason, in a check too. The same
// up has the ban lifted, looks again, and goes on.
func TestAVantageIsBannedAlready(t *testing.T) {
	b := newBed(t, "banning", "visitor")
	visitor := b.host("visitor").Address.String()
	b.run("banning", `set -e; export DEBIAN_FRONTEND=noninteractive
		apt-get -q update; apt-get -q -y install --no-install-recommends fail2ban nftables; systemctl restart fail2ban`)
	eventually(t, 30*time.Second, "fail2ban is there", func() bool {
		return strings.Contains(b.run("banning", "fail2ban-client status sshd 2>&1 || true"), "Banned")
	})
	b.run("banning", "fail2ban-client set sshd banip "+visitor)
	eventually(t, 30*time.Second, "the ban is in force", func() bool {
		return strings.Contains(b.run("visitor", "timeout 2 bash -c 'exec 3<>/dev/tcp/"+b.host("banning").Address.String()+"/22' 2>&1 || echo shut"), "shut")
	})
	checked, err := b.engineWith(nil).Check(t.Context(), engine.CheckOptions{Probes: []string{"network"}})
	if problem.CodeOf(err) != problem.RunUnproven || !slices.ContainsFunc(checked.Records, func(r evidence.Record) bool { return r.Vantage == "visitor" }) {
		t.Fatalf("check: %v", err)
	}
	for _, r := range checked.Records {
		if r.Vantage == "visitor" && (r.Outcome != evidence.Unproven || !strings.Contains(r.Reason, "fail2ban") || !strings.Contains(r.Remedy, "cairn up")) {
			t.Errorf("check from the place that was banned: %s, %q, %q", r.Outcome, r.Reason, r.Remedy)
		}
	}
	report := b.up()
	if len(report.Causes) > 0 || !slices.Contains(report.Reached, "foundation.network-established") || !slices.Contains(report.Reached, "foundation.firewall-applied") {
		t.Errorf("causes %+v, reached %q", report.Causes, report.Reached)
	}
	var looks []engine.Event
	for _, event := range b.seen() {
		if event.Type == engine.EventLook && event.Probe == "network" && event.Vantage == "visitor" {
			looks = append(looks, event)
		}
	}
	if len(looks) != 2 || looks[0].Outcome != string(evidence.Unproven) || !strings.Contains(looks[0].Text, "fail2ban") || looks[1].Outcome != string(evidence.Proven) {
		t.Errorf("looks from the banned place: %+v", looks)
	}
	if !slices.ContainsFunc(b.seen(), func(e engine.Event) bool {
		return e.Type == engine.EventLookFar && e.Vantage == "visitor" && strings.Contains(e.Text, "%")
	}) {
		t.Error("nothing tells how far a scan from there is")
	}
	if banned := b.run("banning", "fail2ban-client banned"); strings.Contains(banned, visitor) {
		t.Errorf("it is still banned: %s", banned)
	}
}
