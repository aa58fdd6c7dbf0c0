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

// needSend is the word of a script that has a place for the agent and waits for it.
const needSend = "send"

// startLooking brings an agent that only looks, for the time of one session: it
// runs as whoever logged in, without sudo, and its files are gone once it runs.
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
		return nil, problem.New(problem.HostUnsupported, "", "the host's processor is of a kind that Cairn has no agent for: "+said.arch)
	}
	b.connector.tell(b.host, fmt.Sprintf("bringing the program that looks (%.1f MB); it leaves nothing behind", float64(len(agent.Gzip))/1e6))
	channel.timer.Reset(b.connector.options.Limits.Upload)
	_, _ = channel.Write(agent.Gzip) // that it broke off is heard next
	if said, err = b.hear(ctx, channel, reader, nonce); err != nil {
		return nil, err
	}
	if said.session == nil {
		return nil, noPlaceToLook(said.detail)
	}
	return said.session, nil
}

// noPlaceToLook says why the agent could not be put anywhere on a vantage.
func noPlaceToLook(detail string) error {
	if strings.Contains(detail, "No space left on device") {
		return problem.Wrap(problem.HostDiskFull, "", "the host has no space left for the program that looks", errors.New(detail))
	}
	return problem.Wrap(problem.HostAgentUpload, "", "the host has no place from which the user may run a program", errors.New(detail)).
		WithFix("let programs run from /tmp or from the directory that XDG_RUNTIME_DIR names on that host (no noexec)")
}
