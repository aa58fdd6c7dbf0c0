package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// opens logs in without Cairn, and returns how that ended.
func (b *bed) opens(name, user string, auth ssh.AuthMethod) error {
	client, err := ssh.Dial("tcp", b.host(name).Address.String()+":22", &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{auth}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second,
	})
	if err == nil {
		err = client.Close()
	}
	return err
}

// conflicts returns the plan's notes about what works against it.
func conflicts(t *testing.T, b *bed) string {
	t.Helper()
	var texts []string
	for _, n := range notes(t, b, engine.NoteConflict) {
		texts = append(texts, n.Text+". "+n.Fix)
	}
	return strings.Join(texts, "\n")
}

// looked returns what the two probes of the server's doors report. Those are the
// reasons, or what they have seen if there are none.
func looked(t *testing.T, b *bed) (reasons, seen string) {
	t.Helper()
	report, err := b.engine().Check(t.Context(), engine.CheckOptions{Probes: []string{"ssh-effective-config", "ssh-other-user-refused"}})
	if report == nil || len(report.Records) != 2 { // an unproven look is an error, too
		t.Fatalf("%+v, %v", report, err)
	}
	for _, r := range report.Records {
		if r.Outcome != evidence.Proven {
			reasons += r.Reason + "\n" + r.Remedy + "\n"
		}
		for _, f := range r.Observed {
			seen += f.Name + ": " + f.Value + "\n"
		}
	}
	return reasons, seen
}

// wantTold checks that the plan and the probes each name what they must. With an
// empty want, both must say nothing.
func wantTold(t *testing.T, b *bed, when, want string) {
	t.Helper()
	said := conflicts(t, b)
	reasons, _ := looked(t, b)
	for by, got := range map[string]string{"plan": said, "check": reasons} {
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: the %s says %q, want %q", when, by, got, want)
		}
	}
}

// TestDoorsOfASSHServer tries what else decides who gets in, besides the policy.
// The host has a real server and systemd.
func TestDoorsOfASSHServer(t *testing.T) {
	long(t)
	b := newBed(t, "server")
	phone, phoneLine := newDevice(t, "phone")
	b.lab.SSH.FurtherKeys = []string{phoneLine}
	owner := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(b.key)))
	b.run("server", `useradd -m -s /bin/bash git && echo 'git:a password' | chpasswd; echo '`+owner+` again' >>/root/.ssh/authorized_keys`)
	revokedKeys(t, b, owner)

	b.up()
	if err := b.opens("server", "ops", ssh.PublicKeys(phone)); err != nil {
		t.Errorf("a declared key opens nothing: %v", err)
	}
	reasons, seen := looked(t, b)
	if reasons != "" || !strings.Contains(seen, "other accounts: root has 2 keys that open nothing now\n") || !strings.Contains(seen, "keys of ssh.further-keys: "+ssh.FingerprintSHA256(phone.PublicKey())) {
		t.Errorf("refuted with %q, having seen:\n%s", reasons, seen)
	}
	if report := b.up(); report.Plan.Changes() != 0 {
		t.Errorf("the second up finds %+v", report.Plan.Hosts)
	}
	t.Run("further keys", func(t *testing.T) { undeclaredKey(t, b, phoneLine) })
	t.Run("match", func(t *testing.T) { matchForWhom(t, b) })
	t.Run("unit", func(t *testing.T) { overriddenUnit(t, b) })
	b.reachable("server")
}

func newDevice(t *testing.T, comment string) (ssh.Signer, string) {
	t.Helper()
	signer := testkey.New(t)
	return signer, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))) + " " + comment
}

// revokedKeys has the server refuse the owner's key for the owner's account alone,
// so that the first login works. The plan says so, and the change is refused
// before anything is done. It leaves a list that revokes another key.
func revokedKeys(t *testing.T, b *bed, owner string) {
	t.Helper()
	b.run("server", `printf 'Match User ops\n\tRevokedKeys /etc/ssh/revoked\n' >/etc/ssh/sshd_config.d/50-mine.conf; systemctl reload ssh; sleep 1`)
	const said = " (RevokedKeys, /etc/ssh/sshd_config.d/50-mine.conf:2)"
	if got, want := conflicts(t, b), "there is no /etc/ssh/revoked, so the SSH server refuses every key"+said; !strings.Contains(got, want) {
		t.Errorf("the plan says %q, want %q", got, want)
	}
	b.run("server", `printf '# lost\n`+owner+`\n' >/etc/ssh/revoked`)
	if got, want := conflicts(t, b), ssh.FingerprintSHA256(b.key)+" cairn-e2e: /etc/ssh/revoked:2 revokes it"+said; !strings.Contains(got, want) {
		t.Errorf("the plan says %q, want %q", got, want)
	}
	_, err := b.engine().Up(t.Context(), engine.UpOptions{})
	if problem.CodeOf(err) != problem.GuardRefused || !strings.Contains(err.Error(), "/etc/ssh/revoked:2 revokes it") {
		t.Errorf("up ends with %v", err)
	}
	if made := b.run("server", "grep -E '^(ops|ssh-users):' /etc/passwd /etc/group; ls -d /home/ops /etc/sudoers.d/cairn-ops 2>/dev/null; true"); made != "" {
		t.Errorf("up made:\n%s", made)
	}
	_, stranger := newDevice(t, "stolen")
	b.run("server", `echo '`+stranger+`' >/etc/ssh/revoked`)
	if got := conflicts(t, b); got != "" {
		t.Errorf("with another key in the list the plan says %q", got)
	}
}

// undeclaredKey checks that a key refutes if the lab file does not name it. The
// reason says what to write there, and the key stays.
func undeclaredKey(t *testing.T, b *bed, phone string) {
	_, line := newDevice(t, "laptop")
	b.run("server", `echo '`+line+`' >>/home/ops/.ssh/authorized_keys`)
	reasons, _ := looked(t, b)
	if !strings.Contains(reasons, "lets in the key") || !strings.Contains(reasons, "`ssh: {further-keys: ["+line+"]}`") {
		t.Errorf("an undeclared key is reported as %q", reasons)
	}
	b.lab.SSH.FurtherKeys = []string{phone, line}
	b.up()
	if reasons, _ := looked(t, b); reasons != "" {
		t.Errorf("once it is declared: %q", reasons)
	}
	if keys := b.run("server", "cat /home/ops/.ssh/authorized_keys"); strings.Count(keys, "\n") != 3 || !slices.Contains(strings.Split(keys, "\n"), line) {
		t.Errorf("the owner's keys are:\n%s", keys)
	}
}

// matchForWhom checks that a Match for an account is a door once the server lets
// that account in.
func matchForWhom(t *testing.T, b *bed) {
	const file = "/etc/ssh/sshd_config.d/60-git.conf"
	b.run("server", `printf 'Match User git\n\tPasswordAuthentication yes\n\tAuthenticationMethods password\n' >`+file+`; systemctl reload ssh; sleep 1`)
	wantTold(t, b, "with an account that is kept out", "")
	if err := b.opens("server", "git", ssh.Password("a password")); err == nil {
		t.Error("the account gets in, although the plan says it is kept out")
	}
	b.run("server", "usermod -aG ssh-users git")
	wantTold(t, b, "with an account that is let in", file+":2: passwordauthentication yes, under Match User git: it lets passwords in")
	if err := b.opens("server", "git", ssh.Password("a password")); err != nil {
		t.Errorf("the account does not get in, although the plan says so: %v", err)
	}
	b.run("server", "gpasswd -d git ssh-users; rm "+file+"; systemctl reload ssh; sleep 1")
	wantTold(t, b, "without the Match", "")
}

// overriddenUnit checks that two command lines count: that of the running server,
// and that of the one that starts next.
func overriddenUnit(t *testing.T, b *bed) {
	const file = "/etc/systemd/system/ssh.service.d/override.conf"
	b.run("server", `mkdir -p /etc/systemd/system/ssh.service.d; printf '[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o PermitRootLogin=prohibit-password -o AllowGroups=root $SSHD_OPTS\n' >`+file+`; systemctl daemon-reload`)
	const door = ":3: permitrootlogin prohibit-password: it lets root log in"
	wantTold(t, b, "before the next start", file+door)
	b.run("server", "systemctl restart ssh")
	wantTold(t, b, "once it was started so", file+door)
	if err := b.opens("server", "root", ssh.PublicKeys(ownerSigner(t, b))); err != nil {
		t.Errorf("root does not get in, although the plan says so: %v", err)
	}
	if reasons, _ := looked(t, b); !strings.Contains(reasons, `permitrootlogin is "without-password" instead of "no"`) && !strings.Contains(reasons, `permitrootlogin is "prohibit-password" instead of "no"`) {
		t.Errorf("sshd was not asked about the running server: %q", reasons)
	}
	b.run("server", "rm "+file+"; systemctl daemon-reload")
	wantTold(t, b, "taken back, not yet restarted", "the command line of the running SSH server: permitrootlogin prohibit-password: it lets root log in")
	if said := conflicts(t, b); !strings.Contains(said, "restart the SSH server") {
		t.Errorf("the plan does not say what to do: %q", said)
	}
	b.run("server", "systemctl restart ssh")
	wantTold(t, b, "taken back", "")
	b.run("server", `sed 's/^Include.*//' /etc/ssh/sshd_config >/etc/ssh/other; printf '[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/other\n' >`+file+`; systemctl daemon-reload; systemctl restart ssh`)
	wantTold(t, b, "with another file", file+":3: -f /etc/ssh/other: it makes the server read a file other than /etc/ssh/sshd_config")
	if reasons, _ := looked(t, b); !strings.Contains(reasons, "for root from") {
		t.Errorf("sshd was asked about a file that it does not read: %q", reasons)
	}
	b.run("server", "rm "+file+"; systemctl daemon-reload; systemctl restart ssh")
	wantTold(t, b, "with its own file", "")
}
