package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"cairn/internal/distro"
	"cairn/internal/host/agents"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/wire"
)

// uploadsAtOnce limits how many agents are uploaded at the same time. Each is
// megabytes, and all share the controller's uplink.
const uploadsAtOnce = 16

// helloBuffer is the size of the buffer for the output of a script.
const helloBuffer = 64 << 10

// bootstrap turns a login into a session with the agent.
type bootstrap struct {
	connector *Connector
	host      lab.Host
	transport transport
	user      string
	how       Login
	spoke     bool        // one of our scripts ran
	echo      sync.Once   // guards echoed
	echoed    bool        // the login runs our commands
	lacks     string      // why sudo does not help
	entered   firstLogin  // what was needed so far
	password  secret.Text // of sudo, or root's own; see entered.Root
}

// word is the answer of a script: an agent's hello, or what the script needs.
type word struct {
	session   *Session // nil when something is needed
	arch      string   // as uname names it
	need      string   // missing, uploaded, failed, send, and those of root_login.go
	detail    string   // more about the need
	complaint string   // what was written to standard error
}

// start starts the agent on the host, and uploads it first if it is missing.
func (b *bootstrap) start(ctx context.Context) (*Session, error) {
	sums := agents.Sums()
	if len(sums) == 0 {
		return nil, problem.New(problem.HostAgentUpload, "", "this cairn was built without the agents").WithFix("build it with `make build`")
	}
	if b.host.OnlyVantage() {
		return b.startLooking(ctx)
	}
	said, err := b.begin(ctx, sums)
	if err != nil || said.session != nil {
		return said.session, err
	}
	if err := supportedHost(said.arch, said.detail); err != nil {
		return nil, err
	}
	if err := b.upload(ctx, distro.Architectures[said.arch]); err != nil {
		return nil, err
	}
	if said, err = b.begin(ctx, sums); err != nil || said.session != nil {
		return said.session, err
	}
	return nil, problem.Wrap(problem.HostAgentBroken, "", "the agent was copied to the host but does not start", errors.New(firstNonEmpty(said.complaint, said.need)))
}

// begin has the host start its agent. An agent of another version counts as
// missing.
func (b *bootstrap) begin(ctx context.Context, sums map[string]string) (word, error) {
	said, err := b.asRoot(ctx, startScript, b.connector.options.Limits.Hello, nil, sums["amd64"], sums["arm64"])
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
	return word{arch: unameOf(hello.Facts.Arch), need: "missing", detail: os.ID + " " + os.Version, complaint: "the agent on the host is not the one in this cairn"}, nil
}

// upload copies the agent for an architecture to the host.
func (b *bootstrap) upload(ctx context.Context, arch string) error {
	agent, known := agents.All()[arch]
	if !known {
		return problem.New(problem.HostUnsupported, "", "this cairn was built without an agent for "+arch)
	}
	select {
	case b.connector.uploads <- struct{}{}:
		defer func() { <-b.connector.uploads }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.connector.tell(b.host, fmt.Sprintf("copying the agent (%.1f MB)", float64(len(agent.Gzip))/1e6))
	said, err := b.asRoot(ctx, uploadScript, b.connector.options.Limits.Upload, agent.Gzip, agent.Sum)
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

// hear waits for a script's word. A script that says "send" still runs and waits
// for input. After any other word it has ended, and its channel is closed.
func (b *bootstrap) hear(ctx context.Context, channel *channel, reader *bufio.Reader, nonce string) (word, error) {
	hello, need, err := wire.ReadHello(reader, nonce)
	if err == nil {
		b.spoke = true
	}
	if err == nil && need == "" {
		return word{session: newSession(b, hello, channel.from(reader))}, nil
	}
	words := append(strings.SplitN(need, " ", 3), "", "", "")
	said := word{arch: printable(words[0]), need: words[1], detail: printable(words[2])}
	if said.need == needSend {
		return said, nil
	}
	var ended error
	if err == nil || errors.Is(err, io.EOF) {
		ended = channel.wait() // now all of its standard error has arrived
	}
	_ = channel.Close()
	if err != nil {
		return word{}, b.silence(ctx, channel, ended, err)
	}
	said.complaint = channel.complaint()
	return said, nil
}

// unameOf returns uname's name for an architecture, given Go's name.
func unameOf(arch string) string {
	for uname, name := range distro.Architectures {
		if name == arch {
			return uname
		}
	}
	return arch
}
