package host

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host/agents"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/wire"
)

// helloTime is how long a host may take to start an agent, and uploadTime to take
// one: two megabytes over a slow link.
const (
	helloTime  = 30 * time.Second
	uploadTime = 3 * time.Minute
)

// bootstrap turns a login into a session with the agent.
type bootstrap struct {
	connector *Connector
	host      lab.Host
	transport transport
	user      string
	how       Login
	password  secret.Text // of sudo, once it was asked for
}

// word is what a script said: an agent's hello, or what is needed.
type word struct {
	session   *Session // nil when something is needed
	arch      string   // as uname names it
	need      string   // missing, uploaded, failed, no-sudo, password
	detail    string   // what stands behind the need
	complaint string   // what was written to standard error
}

// start begins the agent that is there, or brings it first.
func (b *bootstrap) start(ctx context.Context) (*Session, error) {
	sums := agents.Sums()
	if len(sums) == 0 {
		return nil, problem.New(problem.HostAgentUpload, "", "this cairn was built without the agents").WithFix("build it with `make build`")
	}
	said, err := b.begin(ctx, sums)
	if err != nil || said.session != nil {
		return said.session, err
	}
	if err := supportedHost(said.arch, said.detail); err != nil {
		return nil, err
	}
	if err := b.upload(ctx, architectures[said.arch]); err != nil {
		return nil, err
	}
	if said, err = b.begin(ctx, sums); err != nil || said.session != nil {
		return said.session, err
	}
	return nil, problem.Wrap(problem.HostAgentBroken, "", "the agent was brought and does not start", errors.New(firstNonEmpty(said.complaint, said.need)))
}

// begin has the host start its agent. One that is not this controller's counts as
// missing.
func (b *bootstrap) begin(ctx context.Context, sums map[string]string) (word, error) {
	said, err := b.asRoot(ctx, startScript, helloTime, nil, sums["amd64"], sums["arm64"])
	if err != nil || said.session == nil {
		return said, err
	}
	hello := said.session.Hello()
	if err := supported(hello.Facts.OS.ID, hello.Facts.OS.Version, hello.Facts.OS.Name); err != nil {
		return word{}, errors.Join(err, said.session.end())
	}
	if hello.Protocol == wire.Protocol && hello.Agent == sums[hello.Facts.Arch] {
		return said, nil
	}
	_ = said.session.end()
	os := hello.Facts.OS
	return word{arch: unameOf(hello.Facts.Arch), need: "missing", detail: os.ID + " " + os.Version, complaint: "it is not the one that this cairn brings"}, nil
}

// upload brings the agent for an architecture.
func (b *bootstrap) upload(ctx context.Context, arch string) error {
	agent, known := agents.All()[arch]
	if !known {
		return problem.New(problem.HostUnsupported, "", "this cairn was built without an agent for "+arch)
	}
	b.connector.tell(b.host, fmt.Sprintf("bringing the agent (%.1f MB)", float64(len(agent.Gzip))/1e6))
	said, err := b.asRoot(ctx, uploadScript, uploadTime, agent.Gzip, agent.Sum)
	switch {
	case err != nil:
		return err
	case said.need == "uploaded":
		return nil
	case strings.Contains(said.detail, "No space left on device"):
		return problem.Wrap(problem.HostDiskFull, "", "the host has no space left for the agent", errors.New(said.detail))
	}
	return problem.Wrap(problem.HostAgentUpload, "", "the agent could not be put on the host", errors.New(firstNonEmpty(said.detail, said.need)))
}

// asRoot runs a script as root and waits for its word. sudo's password is asked
// for when it is needed and the owner allowed that, and then kept for the next
// script.
func (b *bootstrap) asRoot(ctx context.Context, script string, limit time.Duration, input []byte, args ...string) (word, error) {
	said, err := b.exec(ctx, script, limit, input, args...)
	if err != nil || said.need != "password" && said.need != "no-sudo" {
		return said, err
	}
	if said.need == "no-sudo" {
		return word{}, problem.New(problem.HostNoSudo, "", "there is no sudo on the host, and "+b.user+" is not root").
			WithFix("log in as root on first contact: --first-user root")
	}
	if b.how.OwnerOnly || !b.how.AskSudo {
		return word{}, problem.Wrap(problem.HostNoSudo, "", b.user+" may not become root without a password", complained(said.complaint))
	}
	b.password, err = b.connector.ask(ctx, fmt.Sprintf("Password of %s on %s, for sudo: ", b.user, b.host.Name))
	if err != nil {
		return word{}, err
	}
	return b.exec(ctx, script, limit, input, args...)
}

// exec runs a script as root, with sudo's password if there is one.
func (b *bootstrap) exec(ctx context.Context, script string, limit time.Duration, input []byte, args ...string) (word, error) {
	nonce := rand.Text()
	line, sudo := command(asRootScript, append([]string{script, nonce}, args...)...), sudoPassword{}
	if !b.password.Empty() {
		sudo = sudoPassword{"cairn-" + rand.Text() + ": ", b.password}
		line = command(withPasswordScript, append([]string{sudo.prompt, script, nonce}, args...)...)
	}
	channel, release, err := newChannel(ctx, b.transport, line, limit, sudo)
	if err != nil {
		return word{}, problem.Wrap(problem.HostConnection, "", "the host let the login in and then broke off", err)
	}
	defer release()
	feeding, fed := context.WithCancel(ctx)
	defer fed()
	go channel.feed(feeding, input)
	return b.hear(ctx, channel, nonce)
}

// hear waits for a script's word.
func (b *bootstrap) hear(ctx context.Context, channel *channel, nonce string) (word, error) {
	reader := bufio.NewReaderSize(channel, 64<<10)
	hello, need, err := wire.ReadHello(reader, nonce)
	if err == nil && need == "" {
		return word{session: newSession(b, hello, channel.from(reader))}, nil
	}
	var ended error
	if err == nil || errors.Is(err, io.EOF) {
		ended = channel.wait() // what it complains about has then arrived
	}
	_ = channel.Close()
	if err != nil {
		return word{}, b.silence(ctx, channel, ended, err)
	}
	words := append(strings.SplitN(need, " ", 3), "", "", "")
	return word{arch: words[0], need: words[1], detail: words[2], complaint: channel.complaint()}, nil
}

// silence explains why no word came from a script that ended so.
func (b *bootstrap) silence(ctx context.Context, channel *channel, ended, err error) error {
	var cut *ssh.ExitMissingError
	said := channel.complaint()
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	wrongPassword, late := channel.state()
	wanted := otherUser(err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case wrongPassword, strings.Contains(said, "incorrect password"):
		return problem.New(problem.HostNoSudo, "", "sudo does not accept the password").WithFix("give --ask-sudo-password again, with the right password")
	case wanted != "":
		return problem.Wrap(problem.HostLoginRefused, "", "the host sends "+b.user+" away and wants "+wanted+" to log in", err).
			WithFix("give --first-user " + wanted)
	case late:
		return problem.Wrap(problem.HostTimeout, "", "the host did not start the agent in time", err)
	case errors.As(ended, &cut):
		return problem.Wrap(problem.HostConnection, "", "the connection to the host broke", err)
	case channel.sudo.prompt != "" && (strings.Contains(said, "sudo: ") || strings.Contains(said, "in the sudoers file") || strings.Contains(said, "not allowed to execute")):
		return problem.Wrap(problem.HostNoSudo, "", b.user+" may not use sudo on the host", complained(said)).
			WithFix("log in as root on first contact: --first-user root")
	}
	return problem.Wrap(problem.HostAgentBroken, "", "the agent did not come up on the host", err)
}

// sentAway is what the images of clouds print instead of running root's command
// (cloud-init, disable_root_opts).
var sentAway = regexp.MustCompile(`^Please login as the user "?([a-z_][a-z0-9_-]*)"? rather than`)

// otherUser is the user whom the host named when it sent this one away.
func otherUser(err error) string {
	var silent *wire.NoHelloError
	if errors.As(err, &silent) {
		if words := sentAway.FindStringSubmatch(silent.Last); words != nil {
			return words[1]
		}
	}
	return ""
}

// complained makes a cause of what a script wrote to its standard error.
func complained(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

// unameOf is uname's name of an architecture that Go names otherwise.
func unameOf(arch string) string {
	for uname, name := range architectures {
		if name == arch {
			return uname
		}
	}
	return arch
}
