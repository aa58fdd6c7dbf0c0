package host

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/host/agents"
	"cairn/internal/problem"
)

// needSend is the word of a script that is ready to receive the agent.
const needSend = "send"

// startLooking uploads an agent that only looks, for one session. It runs as the
// user who logged in, without sudo. Its files are removed once it runs.
func (b *bootstrap) startLooking(ctx context.Context) (*Session, error) {
	nonce, packed := rand.Text(), agents.All()
	amd64, arm64 := packed["amd64"], packed["arm64"]
	line := command(lookScript, nonce, amd64.Sum, arm64.Sum, strconv.Itoa(len(amd64.Gzip)), strconv.Itoa(len(arm64.Gzip)))
	channel, release, err := newChannel(ctx, b.transport, line, b.connector.options.Limits.Hello, answer{})
	if err != nil {
		return nil, b.notStarted(err)
	}
	defer release()
	defer b.doubt(ctx, channel)()
	reader := bufio.NewReaderSize(channel, helloBuffer)
	said, err := b.hear(ctx, channel, reader, nonce)
	if err != nil {
		return nil, err
	}
	if said.need != needSend {
		return nil, noPlaceToLook(said.detail)
	}
	agent, known := packed[distro.Architectures[said.arch]]
	if !known {
		_ = channel.Close()
		return nil, problem.New(problem.HostUnsupported, "", "Cairn has no agent for the host's processor, "+said.arch)
	}
	b.connector.tell(b.host, fmt.Sprintf("copying the agent for looks (%.1f MB); it leaves nothing behind", float64(len(agent.Gzip))/1e6))
	channel.timer.Reset(b.connector.options.Limits.Upload)
	_, _ = channel.Write(agent.Gzip) // the next read reports a broken connection
	if said, err = b.hear(ctx, channel, reader, nonce); err != nil {
		return nil, err
	}
	if said.session == nil {
		return nil, noPlaceToLook(said.detail)
	}
	return said.session, nil
}

// noPlaceToLook explains why the agent could not be placed on a vantage.
func noPlaceToLook(detail string) error {
	if strings.Contains(detail, "No space left on device") {
		return problem.Wrap(problem.HostDiskFull, "", "the host has no space left for the agent", errors.New(detail))
	}
	return problem.Wrap(problem.HostAgentUpload, "", "the host has no folder from which the user can run a program", errors.New(detail)).
		WithFix("let programs run from /tmp or from the directory that XDG_RUNTIME_DIR names on that host (no noexec)")
}
