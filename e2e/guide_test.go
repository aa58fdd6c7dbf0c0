package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// guide is a page of the documentation that a test follows to the letter. It has
// the blocks after the marks, by name.
type guide struct {
	t      *testing.T
	page   string
	blocks map[string]string
	unused map[string]bool
}

// marked finds the blocks that a test carries out. A list may indent them.
var marked = regexp.MustCompile("(?ms)^ *<!-- test: ([^>]+) -->\n *```[a-z]*\n(.*?)^ *```$")

func openGuide(t *testing.T, page string, instead *strings.Replacer) *guide {
	t.Helper()
	g := &guide{t: t, page: page, blocks: map[string]string{}, unused: map[string]bool{}}
	for _, m := range marked.FindAllStringSubmatch(string(mustRead(t, page)), -1) {
		indent := m[2][:len(m[2])-len(strings.TrimLeft(m[2], " "))]
		text := strings.ReplaceAll("\n"+m[2], "\n"+indent, "\n")
		g.blocks[m[1]], g.unused[m[1]] = instead.Replace(text[1:]), true
	}
	return g
}

// block returns the block with this name.
func (g *guide) block(name string) string {
	g.t.Helper()
	text, known := g.blocks[name]
	if !known {
		g.t.Fatalf("%s has no block %q", g.page, name)
	}
	delete(g.unused, name)
	return text
}

// done checks that the test has carried out the whole page.
func (g *guide) done() {
	g.t.Helper()
	for name := range g.unused {
		g.t.Errorf("%s: nobody carries out the block %q", g.page, name)
	}
}

// types has a person carry out a block at a host's terminal and answer its
// questions. It starts in the lab's folder once there is one.
func (b *bed) types(name, block string, replies ...reply) outcome {
	b.t.Helper()
	b.run(name, "cat >/tmp/block <<'END-OF-BLOCK'\ncd ~/homelab 2>/dev/null || cd\n"+block+"\nEND-OF-BLOCK")
	container := ""
	for _, h := range b.rehearsal.All() {
		if h.Name == name {
			container = h.Container
		}
	}
	keyboard, person, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _, _ = keyboard.Close(), person.Close() }()
	c := &conversation{person: person, reply: replies}
	cmd := exec.CommandContext(b.t.Context(), "docker", "exec", "--interactive", container, "script", "-qec", "stty cols 120; bash -e /tmp/block", "/dev/null")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = keyboard, c, c
	err = cmd.Run()
	if cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return outcome{exit: cmd.ProcessState.ExitCode(), stdout: escapes.ReplaceAllString(strings.ReplaceAll(c.said(), "\r\n", "\n"), "")}
}

// follows types a block that must work.
func (b *bed) follows(name, block string, replies ...reply) string {
	b.t.Helper()
	said := b.types(name, block, replies...)
	if said.exit != 0 {
		b.t.Fatalf("%s\nended with %d:\n%s", block, said.exit, said.stdout)
	}
	return said.stdout
}

// TestGuides follows the tutorial on a computer that has only the package. The
// server is as Debian's installer leaves it. Then it follows the how-tos with the
// result.
func TestGuides(t *testing.T) {
	long(t)
	b := newDockerBed(t, "atlas", "laptop")
	b.installPackage("laptop")
	b.run("atlas", "set -e; "+freshStart+maria("cdrom floppy sudo audio dip video plugdev users netdev")+"systemctl reload ssh")
	if !b.lab.Network.CIDR6.IsValid() {
		t.Skip("the tutorial has a host with IPv6, which containers do not have here")
	}
	instead := strings.NewReplacer("192.168.1.10", b.host("atlas").Address.String(), "192.168.1.0/24", b.lab.Network.CIDR.String(), "192.168.1.1", b.lab.Network.Gateway.String(),
		"fd12:3456:789a::10", b.host("atlas").Address6.String(), "fd12:3456:789a::/64", b.lab.Network.CIDR6.String())
	open := func(page string) *guide { return openGuide(t, "../docs/"+page, instead) }

	followTutorial(t, b, open("tutorial/first-host.md"))
	if t.Failed() {
		return
	}
	useANewKey(t, b, open("how-to/a-new-key.md"))
	moveTheController(b, open("how-to/move-the-controller.md"))
	getBackIn(t, b, open("how-to/locked-out.md"))
	leaveCairn(b, open("how-to/leave-cairn.md"))
}

func followTutorial(t *testing.T, b *bed, g *guide) {
	t.Helper()
	defer g.done()
	b.follows("laptop", g.block("key"), reply{"id_ed25519): ", "", ""}, reply{"(empty for no passphrase): ", "", ""}, reply{"same passphrase again: ", "", ""})
	b.follows("laptop", g.block("begin"))
	b.writes("laptop", "lab.yaml", g.block("lab.yaml")+waiversOfThrowAwayHosts())
	b.follows("laptop", g.block("validate"))
	met := b.follows("laptop", g.block("meet"), person...)
	if shown := strings.Fields(b.run("atlas", g.block("compare")))[1]; !strings.Contains(met, shown) {
		t.Errorf("the server shows the key %s on its screen, and cairn another:\n%s", shown, met)
	}
	b.follows("laptop", g.block("plan"), person...)
	b.follows("laptop", g.block("up"), person...)
	status := b.follows("laptop", g.block("status"))
	if !regexp.MustCompile(`Basic Firewall Rules Applied +● holds`).MatchString(status) {
		t.Errorf("the tutorial does not end with its milestone:\n%s", status)
	}
	if said := b.follows("laptop", g.block("get in"), reply{"(yes/no/[fingerprint])? ", "yes", ""}); !strings.Contains(said, "root\n") {
		t.Errorf("the owner is not root by sudo:\n%s", said)
	}
	if said := b.types("laptop", g.block("stay out")); said.exit == 0 || !strings.Contains(said.stdout, "Permission denied") {
		t.Errorf("a password is not refused: %d\n%s", said.exit, said.stdout)
	}
}

// writes puts a file into the lab's folder.
func (b *bed) writes(name, file, text string) {
	b.t.Helper()
	b.run(name, "cat >/root/homelab/"+file+" <<'END-OF-FILE'\n"+text+"END-OF-FILE")
}

// newKey logs in as the how-to has set it up, without a terminal.
const newKey = "ssh -i ~/.ssh/id_new -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=3 "

func (b *bed) getsIn(with, command string) bool {
	b.t.Helper()
	return b.types("laptop", with+"ops@"+b.host("atlas").Address.String()+" "+command).exit == 0
}

func useANewKey(t *testing.T, b *bed, g *guide) {
	t.Helper()
	defer g.done()
	lab := b.run("laptop", "cat /root/homelab/lab.yaml")
	b.follows("laptop", "ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_new")
	b.writes("laptop", "lab.yaml", lab+g.block("further key"))
	b.follows("laptop", g.block("bring up"))
	b.writes("laptop", "lab.yaml", lab+g.block("go over"))
	b.follows("laptop", g.block("try"))
	b.follows("laptop", g.block("take out"))
	b.follows("laptop", g.block("prove"))
	if b.getsIn(strings.Replace(newKey, "id_new", "id_ed25519", 1), "true") {
		t.Error("the old key still opens the host")
	}
	if !b.getsIn(newKey, "sudo true") {
		t.Error("the new key does not open the host")
	}
}

func moveTheController(b *bed, g *guide) {
	b.t.Helper()
	defer g.done()
	b.follows("laptop", g.block("back-up"))
	b.run("laptop", "rm -r /root/homelab")
	b.follows("laptop", g.block("restore"))
	b.follows("laptop", g.block("look"))
}

// lockedOut are states that keep the owner out, each with the block of the page
// that ends it.
var lockedOut = []struct{ state, block, needs string }{
	{"printf 'table inet cairn\ndelete table inet cairn\ntable inet cairn {\n chain in {\n type filter hook input priority 0; policy drop;\n iif lo accept\n }\n}\n' >/etc/cairn/cairn.nft; systemctl reload cairn-firewall", "firewall", "true"},
	{"rm ~ops/.ssh/authorized_keys; chmod 777 ~ops", "key", "true"},
	{"usermod --expiredate 1 --shell /usr/sbin/nologin ops; gpasswd -d ops ssh-users; touch /run/nologin", "account", "true"},
	{"rm /etc/sudoers.d/cairn-ops", "sudo", "sudo -n true"},
	{"echo Nonsense yes >>/etc/ssh/sshd_config.d/00-cairn.conf; systemctl mask ssh; systemctl stop ssh", "server", "true"},
}

func getBackIn(t *testing.T, b *bed, g *guide) {
	t.Helper()
	defer g.done()
	key := strings.TrimSpace(b.run("laptop", "cat /root/.ssh/id_new.pub"))
	for _, l := range lockedOut {
		b.run("atlas", l.state)
		if b.getsIn(newKey, l.needs) {
			t.Errorf("%s: the owner still gets in", l.state)
		}
		block := regexp.MustCompile(`(?m)^key=.*$`).ReplaceAllLiteralString(g.block(l.block), "key='"+key+"'")
		b.follows("atlas", block)
		if !b.getsIn(newKey, l.needs) {
			t.Errorf("after %s the owner is still out:\n%s", l.state, block)
		}
	}
	b.types("atlas", g.block("look"))
	b.follows("atlas", g.block("waiting"))
	b.follows("atlas", g.block("who"))
	b.follows("laptop", g.block("back"))
}

func leaveCairn(b *bed, g *guide) {
	b.t.Helper()
	defer g.done()
	b.follows("laptop", g.block("release"), reply{"Put this back? [yes/no] ", "yes", ""})
	b.follows("laptop", g.block("purge"))
	b.run("atlas", "test ! -e /var/lib/cairn && test ! -e /etc/cairn/cairn.nft")
}
