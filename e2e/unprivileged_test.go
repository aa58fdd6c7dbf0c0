package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// guestRights are about those of an unprivileged LXC guest, as Docker can give
// them. The kernel's settings are read-only. Root may neither set the clock nor
// exceed limits. LXC gives root SYS_ADMIN within the guest's own user namespace.
// Without it, nft's table cannot be compared (unshare(2)), and the firewall is
// refused.
func guestRights() []string {
	args := []string{
		"--entrypoint", "/sbin/init", "--env", "container=lxc", "--tmpfs", "/run", "--tmpfs", "/run/lock",
		"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--cap-drop", "ALL",
	}
	for _, capability := range []string{
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE",
		"NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE",
	} {
		args = append(args, "--cap-add", capability)
	}
	return args
}

// docker runs the docker program and returns what it printed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// container is the engine's name for a host.
func (b *bed) container(name string) string { return "cairn-" + b.rehearsal.RunID + "-" + name }

// becomesGuest turns a host into a guest: the same files at the same address, with
// a guest's rights.
func (b *bed) becomesGuest(t *testing.T, name string) {
	t.Helper()
	container, network := b.container(name), "cairn-"+b.rehearsal.RunID
	cgroups := docker(t, "inspect", "--format", `--cgroupns={{.HostConfig.CgroupnsMode}}{{range .HostConfig.Binds}} --volume={{.}}{{end}}{{range .Config.Env}} --env={{.}}{{end}}`, container)
	docker(t, "stop", "--time", "20", container)
	image := docker(t, "commit", container)
	t.Cleanup(func() {
		_ = exec.Command("docker", "rm", "--force", container).Run()
		_ = exec.Command("docker", "rmi", image).Run()
	})
	docker(t, "rm", container)
	args := append([]string{"run", "--detach", "--name", container, "--hostname", name, "--network", network, "--ip", b.host(name).Address.String()}, strings.Fields(cgroups)...)
	if six := b.host(name).Address6; six.IsValid() {
		args = append(args, "--ip6", six.String())
	}
	docker(t, append(append(args, guestRights()...), image)...)
	docker(t, "exec", container, "sh", "-c", "for i in $(seq 100); do case $(systemctl is-system-running) in running | degraded) exit 0 ;; esac; sleep 0.3; done; exit 1")
}

// pasteable matches a waiver as it is printed for lab.yaml.
var pasteable = regexp.MustCompile("add this line under `waivers:` in lab.yaml: `([^`]+)`")

// TestUnprivilegedGuest brings up a guest with few rights. What it cannot do is
// left out and named. For each thing that cannot be proven, a waiver is printed.
// With these in the lab file, as printed, nothing else is missing.
func TestUnprivilegedGuest(t *testing.T) {
	long(t)
	b := newBed(t, "guest")
	b.becomesGuest(t, "guest")
	o := newOwner(t, b, "guest")
	lab, _, _ := strings.Cut(string(mustRead(t, filepath.Join(o.dir, "lab.yaml"))), "waivers:\n")
	o.write("lab.yaml", lab)
	command := func(args ...string) outcome { return o.finish(o.command(args...), nil) }

	plan := command("plan", "--first-user", "root")
	if plan.exit != 0 || !strings.Contains(plan.stdout, "10 kernel settings cannot be set here and are skipped: net.ipv4.conf.all.accept_redirects, ") {
		t.Errorf("plan ended with %d:\n%s%s", plan.exit, plan.stdout, plan.stderr)
	}
	if strings.Contains(plan.stdout, "net.ipv4.tcp_syncookies = ") {
		t.Errorf("the plan has settings that cannot be set:\n%s", plan.stdout)
	}

	var pasted []string
	for range 3 {
		up := command("up", "--yes", "--first-user", "root")
		if up.exit == 0 {
			break
		}
		if up.exit != 12 {
			t.Fatalf("up ended with %d:\n%s%s", up.exit, up.stdout, up.stderr)
		}
		before := len(pasted)
		for _, found := range pasteable.FindAllStringSubmatch(up.stdout+up.stderr, -1) {
			if !slices.Contains(pasted, found[1]) {
				pasted = append(pasted, found[1])
			}
		}
		if len(pasted) == before {
			t.Fatalf("up is not done and offers no waiver:\n%s%s", up.stdout, up.stderr)
		}
		o.write("lab.yaml", lab+"waivers:\n"+strings.Join(pasted, "\n")+"\n")
		if valid := command("validate"); valid.exit != 0 {
			t.Fatalf("the printed waiver is not accepted: %q: %s%s", pasted, valid.stdout, valid.stderr)
		}
	}
	t.Logf("pasted: %q", pasted)
	if clock := "foundation.time-synchronised/clock-synchronised"; !strings.Contains(strings.Join(pasted, "\n"), clock) {
		t.Errorf("no waiver was printed for %s: %q", clock, pasted)
	}
	o.noChanges()
	if up := command("up", "--yes"); up.exit != 0 {
		t.Errorf("with the waivers up ended with %d:\n%s%s", up.exit, up.stdout, up.stderr)
	}
	if status := command("status"); !strings.Contains(status.stdout, " holds ") {
		t.Errorf("no milestone is reached:\n%s", status.stdout)
	}
}
