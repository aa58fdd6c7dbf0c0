package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/engine"
	"cairn/internal/resource"
)

// The benchmarks in this file compare the budgets with other tools. The work is
// that of the starter lab on one host. Cairn does it, then a careful owner's shell
// script under the same guards, and then other tools without any guard. What they
// need is fetched from PyPI once, into the user's cache.

// contender does that work. differences are the kinds of resources that it spells
// otherwise than Cairn, with the same effect.
type contender struct {
	name        string
	run         func(c *contest, login string) *exec.Cmd
	unchanged   *regexp.Regexp // its output if there was nothing to do
	differences []string
}

var contenders = []contender{
	{name: "script", run: (*contest).script, unchanged: regexp.MustCompile(`^done after 1 round\n$`)},
	{name: "cairn", run: (*contest).cairn, unchanged: regexp.MustCompile(`"type":"result"`)},
	{name: "pyinfra", run: (*contest).pyinfra, unchanged: regexp.MustCompile(`Grand total +(\d+) +- +- +(\d+)`), differences: []string{"sysctl"}},
	{name: "mitogen", run: (*contest).mitogen, unchanged: regexp.MustCompile(`changed=0 `), differences: []string{"sysctl"}},
	{name: "ansible", run: (*contest).ansible, unchanged: regexp.MustCompile(`changed=0 `), differences: []string{"sysctl"}},
}

// BenchmarkCompareFirst is the first run on a bare host. The host has the packages
// already, as installing them takes everybody the same time. Cairn's own figure
// includes the looks that prove the milestones. "changing-s" leaves these out, as
// the others have none.
func BenchmarkCompareFirst(b *testing.B) {
	files := filesOfCairn(b)
	for _, who := range contenders {
		b.Run(who.name, func(b *testing.B) {
			var changing time.Duration
			for b.Loop() {
				b.StopTimer()
				c := newContest(b, files)
				c.install("python3 ca-certificates nftables sudo systemd-timesyncd tzdata unattended-upgrades")
				b.StartTimer()
				output := c.mustRun(who.run(c, "root"))
				b.StopTimer()
				changing += withoutLooks(b, output)
				c.converged(who)
				c.remove()
				b.StartTimer()
			}
			if changing > 0 {
				b.ReportMetric(changing.Seconds()/float64(b.N), "changing-s")
			}
		})
	}
}

// BenchmarkCompareAgain is a run that changes nothing. For scale, there is also a
// login that does nothing.
func BenchmarkCompareAgain(b *testing.B) {
	c := newContest(b, filesOfCairn(b))
	c.install("python3")
	c.owner.mustUp()
	login := contender{name: "ssh-true", unchanged: regexp.MustCompile("^$"), run: func(c *contest, login string) *exec.Cmd {
		return c.tool("ssh", "-F", "ssh_config", login+"@server", "true")
	}}
	for _, who := range append([]contender{login}, contenders...) {
		b.Run(who.name, func(b *testing.B) {
			c.mustRun(who.run(c, "ops")) // files that it spells otherwise, and its caches
			for b.Loop() {
				if output := c.mustRun(who.run(c, "ops")); !who.unchanged.MatchString(output) {
					b.Errorf("%s does not say %s:\n%s", who.name, who.unchanged, output)
				}
			}
		})
		c.owner.mustUp()
	}
}

// contest is one bare host and the folder that the contenders work in.
type contest struct {
	*bed
	owner *owner
	dir   string
	key   string // the owner's public key, as a line of authorized_keys
}

// hostFiles are the files that the work leaves on a host, by path.
const hostFiles = `etc/timezone etc/apt/apt.conf.d/*auto-upgrades etc/apt/apt.conf.d/52cairn* etc/security/limits.d/50-cairn.conf
	etc/systemd/journald.conf.d/50-cairn.conf etc/sysctl.d/60-cairn-* etc/sudoers.d/cairn-ops etc/ssh/sshd_config.d/00-cairn.conf
	etc/cairn/cairn.nft etc/cairn/cairn-firewall.sh etc/systemd/system/cairn-firewall.service etc/systemd/system/cairn-firewall-again.service`

// cairnFiles is an archive of those files as Cairn makes them. They name the
// networks that may log in.
type cairnFiles struct {
	packed string
	admin  []netip.Prefix
}

func filesOfCairn(b *testing.B) cairnFiles {
	b.Helper()
	model := newBed(b, "server")
	defer model.remove()
	model.up()
	return cairnFiles{
		packed: model.run("server", "cd / && tar -c "+strings.Join(strings.Fields(hostFiles), " ")+" | base64"),
		admin:  model.lab.Network.Admin,
	}
}

func newContest(b *testing.B, files cairnFiles) *contest {
	b.Helper()
	c := &contest{bed: newBed(b, "server"), dir: b.TempDir()}
	if !slices.Equal(files.admin, c.lab.Network.Admin) {
		b.Fatalf("the networks are %v, the files are for %v", c.lab.Network.Admin, files.admin)
	}
	c.owner = newOwner(b, c.bed, "server")
	c.key = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(c.bed.key)))
	if err := os.CopyFS(c.dir, os.DirFS("testdata/compare")); err != nil {
		b.Fatal(err)
	}
	unpack := exec.Command("sh", "-c", "mkdir files && base64 -d | tar -C files -x && chmod -R u+rw files")
	unpack.Dir, unpack.Stdin = c.dir, strings.NewReader(files.packed)
	c.mustRun(unpack)
	at := c.host("server").Address
	c.write("ssh_config", fmt.Sprintf("Host server\n  HostName %s\n  HostKeyAlias server\n  UserKnownHostsFile %s\n  IdentityFile %s\n  IdentitiesOnly yes\n",
		at, filepath.Join(engine.StateDirOf(c.lab), "known_hosts"), c.lab.SSH.Key))
	c.write("inventory", fmt.Sprintf("server owner=ops owner_key=%q ansible_ssh_common_args='-F %s/ssh_config'\n", c.key, c.dir))
	c.write("inventory.py", fmt.Sprintf("hosts = [(\"server\", {\"owner\": \"ops\", \"owner_key\": %q, \"hostname\": \"server\", \"ssh_config_file\": %q})]\n", c.key, filepath.Join(c.dir, "ssh_config")))
	return c
}

// install installs packages on the host before the work.
func (c *contest) install(packages string) {
	c.t.Helper()
	c.run("server", "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "+packages)
}

// remove removes a bed's hosts before the test ends, so that the next ones get the
// same networks.
func (b *bed) remove() {
	b.t.Helper()
	if err := b.rehearsal.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (c *contest) write(name, content string) {
	c.t.Helper()
	write(c.t, filepath.Join(c.dir, name), []byte(content))
}

// tool is a program run in the contest's folder.
func (c *contest) tool(argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(c.t.Context(), argv[0], argv[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "HOME="+c.dir, "ANSIBLE_CONFIG="+filepath.Join(c.dir, "ansible.cfg"), "LC_ALL=C.UTF-8")
	return cmd
}

// mustRun runs a command and returns what it printed. It must succeed.
func (c *contest) mustRun(cmd *exec.Cmd) string {
	c.t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

func (c *contest) cairn(string) *exec.Cmd { return c.owner.command("up", "--yes", "-o", "ndjson") }

func (c *contest) script(login string) *exec.Cmd {
	return c.tool("sh", "script.sh", login, "server", "ops", c.key)
}

func (c *contest) ansible(login string) *exec.Cmd {
	return c.tool(pythonTool(c.t, "ansible-playbook"), "-i", "inventory", "-u", login, "playbook.yml")
}

func (c *contest) mitogen(login string) *exec.Cmd {
	cmd := c.ansible(login)
	strategies, err := filepath.Glob(filepath.Join(filepath.Dir(cmd.Path), "../lib/python3*/site-packages/ansible_mitogen/plugins/strategy"))
	if err != nil || len(strategies) != 1 {
		c.t.Fatalf("where is Mitogen? %v %v", strategies, err)
	}
	cmd.Env = append(cmd.Env, "ANSIBLE_STRATEGY=mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS="+strategies[0])
	return cmd
}

func (c *contest) pyinfra(login string) *exec.Cmd {
	return c.tool(pythonTool(c.t, "pyinfra"), "-y", "--sudo", "--user", login, "inventory.py", "deploy.py")
}

// pythonTool is a program from the packages in testdata/compare/requirements.txt.
func pythonTool(t testing.TB, name string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	venv := filepath.Join(cache, "cairn-compare", "venv")
	program := filepath.Join(venv, "bin", name)
	if _, err := os.Stat(program); err == nil {
		return program
	}
	for _, argv := range [][]string{
		{"python3", "-m", "venv", venv},
		{filepath.Join(venv, "bin", "pip"), "install", "--quiet", "--requirement", "testdata/compare/requirements.txt"},
	} {
		if out, err := exec.CommandContext(context.Background(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("the tools to compare with cannot be installed (apt-get install python3-venv): %v\n%s", err, out)
		}
	}
	return program
}

// converged checks that a contender did the same work: Cairn's plan finds nothing
// to do. Files that the contender is known to spell otherwise are left out.
func (c *contest) converged(who contender) {
	c.t.Helper()
	plan := c.owner.run("plan")
	var said struct {
		Result struct{ Hosts []engine.HostPlan }
	}
	for line := range strings.Lines(plan.stdout) {
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			c.t.Fatal(err)
		}
	}
	result := said.Result
	if len(result.Hosts) != 1 || len(result.Hosts[0].Steps) == 0 {
		c.t.Fatalf("after %s there is no plan:\n%s%s", who.name, plan.stdout, plan.stderr)
	}
	for _, step := range result.Hosts[0].Steps {
		kind, _, _ := strings.Cut(step.ID, " ")
		onlySpelling := slices.Contains(who.differences, kind) && !slices.ContainsFunc(step.Diff.Changes, func(c resource.Change) bool {
			return !strings.HasPrefix(c.Property, "file")
		})
		if step.Changes() && !onlySpelling {
			c.t.Errorf("%s left %s: %+v %s", who.name, step.ID, step.Diff.Changes, step.Problem)
		}
	}
}

// withoutLooks is how long a run of Cairn took without the looks that prove
// checkpoints. It is 0 if the output is not Cairn's.
func withoutLooks(b *testing.B, output string) time.Duration {
	b.Helper()
	var first, last, began time.Time
	var looking time.Duration
	for line := range strings.Lines(output) {
		var e engine.Event
		if err := json.Unmarshal([]byte(line), &e); errors.As(err, new(*json.SyntaxError)) || e.At.IsZero() {
			continue
		}
		if first.IsZero() {
			first = e.At
		}
		last = e.At
		switch e.Type {
		case engine.EventProving:
			if began.IsZero() {
				began = e.At
			}
		case engine.EventTaskDone, engine.EventTaskOpen, engine.EventMilestone:
			if !began.IsZero() {
				looking += e.At.Sub(began)
				began = time.Time{}
			}
		}
	}
	return last.Sub(first) - looking
}
