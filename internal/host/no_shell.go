package host

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// doubtTime is how long a host may say nothing before it is asked for a word, and
// how long it then may take to print one.
const doubtTime = 10 * time.Second

// doubt gives a script up when nothing comes from it for a while and what answers
// the login prints no word either: a menu may wait for ever. stop ends the doubt.
func (b *bootstrap) doubt(ctx context.Context, channel *channel) (stop func()) {
	if b.spoke {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(b.connector.doubt, func() {
		if !b.echoes(ctx) && ctx.Err() == nil {
			channel.giveUp(b.transport)
		}
	})
	return func() { timer.Stop(); cancel() }
}

// silence explains why no word came from a script that ended so.
func (b *bootstrap) silence(ctx context.Context, channel *channel, ended, err error) error {
	var cut *ssh.ExitMissingError
	said := channel.complaint()
	askedAgain, late := channel.state()
	wanted := otherUser(err)
	if refused := b.refusedRoot(said, askedAgain); refused != nil && ctx.Err() == nil {
		return refused
	}
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case wanted != "":
		return problem.Wrap(problem.HostLoginRefused, "", "the host sends "+b.user+" away and wants "+wanted+" to log in", err).
			WithFix("give --first-user " + wanted)
	case errors.As(ended, &cut) && !late:
		return problem.Wrap(problem.HostConnection, "", "the connection to the host broke", err)
	case late && (b.spoke || b.echoes(ctx)):
		return problem.Wrap(problem.HostTimeout, "", "the host did not start the agent in time", err)
	case b.spoke || errors.Is(err, wire.ErrMessage):
		return problem.Wrap(problem.HostAgentBroken, "", "the agent did not come up on the host", err)
	}
	return b.noShell(ctx, err, said)
}

// noShell names what answers where a shell should. What ran nothing of ours says
// so in its first line, or by what it complains about.
func (b *bootstrap) noShell(ctx context.Context, err error, said string) error {
	var silent *wire.NoHelloError
	first := brief(said)
	if errors.As(err, &silent) {
		first = firstNonEmpty(brief(silent.First), first)
	}
	p := problem.New(problem.HostNoShell, "", "something else than a shell answers the login of "+b.user)
	if first != "" {
		p.Summary += fmt.Sprintf("; it says %q", first)
	} else {
		p.Summary += ", and says nothing"
	}
	p.Cause = errors.New("a command is forced on this login (command= beside the key in authorized_keys, or ForceCommand in sshd_config), or its shell is a menu")
	switch {
	case b.echoes(ctx):
		p.Summary = "the shell of " + b.user + " does not run what Cairn asks for"
		p.Cause = errors.New(firstNonEmpty(first, "it says nothing"))
	case first == "":
		p.Cause = errors.New("a start file of the shell, such as ~/.bashrc, ends or replaces it, or a command is forced on this login")
		p.Fix = fmt.Sprintf("put this line first in ~/.bashrc of %s: case $- in *i*) ;; *) return ;; esac; or log in as another user: --first-user NAME", b.user)
	}
	return p
}

// notStarted explains why the server ran nothing for a login that it let in. The
// library's own words hold the whole script.
func (b *bootstrap) notStarted(err error) error {
	var closed *ssh.OpenChannelError
	switch {
	case errors.Is(err, errLate):
		return problem.Wrap(problem.HostTimeout, "", "the host let the login in and then said nothing", err)
	case errors.As(err, &closed):
		return problem.Wrap(problem.HostNoShell, "", "the host lets "+b.user+" in, but to no session", errors.New(printable(closed.Message)))
	case strings.HasPrefix(err.Error(), "ssh: command "):
		return problem.New(problem.HostNoShell, "", "the host lets "+b.user+" in and runs no command")
	}
	return problem.Wrap(problem.HostConnection, "", "the host let the login in and then broke off", err)
}

// echoes reports whether what answers the login runs what it is asked to. It is
// asked once.
func (b *bootstrap) echoes(ctx context.Context) bool {
	b.echo.Do(func() { b.echoed = b.echoesNow(ctx) })
	return b.echoed
}

// echoesNow asks for a word that is not in the question, which a menu may repeat.
func (b *bootstrap) echoesNow(ctx context.Context) bool {
	nonce := rand.Text()
	// Not with ctx: it ends when the login speaks, and would take the connection along.
	channel, release, err := newChannel(context.WithoutCancel(ctx), b.transport, "printf cairn-%s\\\\n "+nonce, b.connector.doubt, answer{})
	if err != nil {
		return false
	}
	defer release()
	said, _ := io.ReadAll(io.LimitReader(channel, maxComplaint))
	// Giving up ends what the login reads: one that waits for Enter then goes on.
	_, late := channel.state()
	_ = channel.Close()
	return !late && bytes.Contains(said, []byte("cairn-"+nonce))
}

// sentAway is what the images of clouds print instead of running root's command
// (cloud-init, disable_root_opts).
var sentAway = regexp.MustCompile(`^Please login as the user "?([a-z_][a-z0-9_-]*)"? rather than`)

// otherUser is the user whom the host named when it sent this one away.
func otherUser(err error) string {
	var silent *wire.NoHelloError
	if errors.As(err, &silent) {
		for _, line := range []string{silent.First, silent.Last} {
			if words := sentAway.FindStringSubmatch(line); words != nil {
				return words[1]
			}
		}
	}
	return ""
}

// shownRunes is how much of what a host printed is repeated to the owner.
const shownRunes = 160

// escapes are terminal sequences (ECMA-48): CSI, OSC, and those of two characters.
var escapes = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[@-_a-z0-9])")

// printable is what a host printed without what would move the owner's cursor,
// on one line.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, escapes.ReplaceAllString(strings.ToValidUTF8(text, " "), ""))
	return strings.Join(strings.Fields(text), " ")
}

// brief is the beginning of a line that a host printed.
func brief(line string) string {
	runes := []rune(printable(line))
	if len(runes) > shownRunes {
		runes = append(runes[:shownRunes], '…')
	}
	return string(runes)
}
