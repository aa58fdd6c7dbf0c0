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

// doubtTime is how long a login may be silent before it is tested. It is also how
// long the test may take.
const doubtTime = 10 * time.Second

// doubt gives a script up if it stays silent and the login fails the test of
// [bootstrap.echoes]. A menu, for example, may wait for ever. stop ends the doubt.
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

// silence explains why a script ended without a word.
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

// noShell names what answers instead of a shell. A program that is not a shell
// shows itself by its first line of output or by its errors.
func (b *bootstrap) noShell(ctx context.Context, err error, said string) error {
	var silent *wire.NoHelloError
	first := brief(said)
	if errors.As(err, &silent) {
		first = firstNonEmpty(brief(silent.First), first)
	}
	p := problem.New(problem.HostNoShell, "", "something other than a shell answers the login of "+b.user)
	if first != "" {
		p.Summary += fmt.Sprintf("; it says %q", first)
	} else {
		p.Summary += ", and says nothing"
	}
	p.Cause = errors.New("a command is forced on this login (command= beside the key in authorized_keys, or ForceCommand in sshd_config), or its shell is a menu")
	switch {
	case b.echoes(ctx):
		p.Summary = "the shell of " + b.user + " does not run Cairn's commands"
		p.Cause = errors.New(firstNonEmpty(first, "it prints nothing"))
	case first == "":
		p.Cause = errors.New("a start file of the shell, such as ~/.bashrc, ends or replaces it, or a command is forced on this login")
		p.Fix = fmt.Sprintf("put this line first in ~/.bashrc of %s: case $- in *i*) ;; *) return ;; esac; or log in as another user: --first-user NAME", b.user)
	}
	return p
}

// notStarted explains why the server ran nothing after a login. It does not pass on
// all errors of package ssh, because some contain the whole script.
func (b *bootstrap) notStarted(err error) error {
	var closed *ssh.OpenChannelError
	switch {
	case errors.Is(err, errLate):
		return problem.Wrap(problem.HostTimeout, "", "the host accepted the login and then did not answer", err)
	case errors.As(err, &closed):
		return problem.Wrap(problem.HostNoShell, "", "the host lets "+b.user+" in, but to no session", errors.New(printable(closed.Message)))
	case strings.HasPrefix(err.Error(), "ssh: command "):
		return problem.New(problem.HostNoShell, "", "the host lets "+b.user+" in but runs no command")
	}
	return problem.Wrap(problem.HostConnection, "", "the host accepted the login and then closed the connection", err)
}

// echoes reports whether the login runs our commands. It tests this once.
func (b *bootstrap) echoes(ctx context.Context) bool {
	b.echo.Do(func() { b.echoed = b.echoesNow(ctx) })
	return b.echoed
}

// echoesNow asks for an output that is not part of the question, since a menu may
// repeat the question.
func (b *bootstrap) echoesNow(ctx context.Context) bool {
	nonce := rand.Text()
	// Without ctx: ctx ends when the login speaks, and would close the connection.
	channel, release, err := newChannel(context.WithoutCancel(ctx), b.transport, "printf cairn-%s\\\\n "+nonce, b.connector.doubt, answer{})
	if err != nil {
		return false
	}
	defer release()
	said, _ := io.ReadAll(io.LimitReader(channel, maxComplaint))
	// A login that was given up does not count: giving up closes its input, and a login
	// that waits for Enter then goes on.
	_, late := channel.state()
	_ = channel.Close()
	return !late && bytes.Contains(said, []byte("cairn-"+nonce))
}

// sentAway matches the output of cloud images, which print it instead of running
// root's command (cloud-init, disable_root_opts).
var sentAway = regexp.MustCompile(`^Please login as the user "?([a-z_][a-z0-9_-]*)"? rather than`)

// otherUser returns the user that the host named when it refused this one.
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

// shownRunes limits how much of a host's output is repeated to the owner.
const shownRunes = 160

// escapes matches terminal sequences (ECMA-48): CSI, OSC, and those of two
// characters.
var escapes = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[@-_a-z0-9])")

// printable returns a host's output on one line, without anything that would move
// the owner's cursor.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, escapes.ReplaceAllString(strings.ToValidUTF8(text, " "), ""))
	return strings.Join(strings.Fields(text), " ")
}

// brief returns the beginning of a line that a host printed.
func brief(line string) string {
	runes := []rune(printable(line))
	if len(runes) > shownRunes {
		runes = append(runes[:shownRunes], '…')
	}
	return string(runes)
}
