package host

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// Needs of a script that could not become root.
const (
	needNoSudo   = "no-sudo"  // sudo is missing, and the user is not root
	needPassword = "password" // sudo needs a password
)

// The programs that ask for a password to become root.
const (
	bySudo = "sudo"
	bySu   = "su"
)

// notInSudoers is sudo's message for a user whose password is right but who may not
// use sudo.
type notInSudoers string

// Error implements error.
func (e notInSudoers) Error() string { return string(e) }

// asRoot runs a script as root and waits for its word. If a password is needed and
// the owner allowed it, asRoot asks for one and keeps it for the next script. If
// the user has no sudo, it uses su with root's password.
func (b *bootstrap) asRoot(ctx context.Context, script string, limit time.Duration, input []byte, args ...string) (word, error) {
	said, err := b.exec(ctx, script, limit, input, args...)
	if err != nil || said.need != needPassword && said.need != needNoSudo {
		return said, err
	}
	if !b.mayAsk() {
		return word{}, b.noWayToRoot(said)
	}
	b.lacks = "there is no sudo on the host"
	if said.need == needPassword && b.how.su {
		b.lacks = b.user + " may not use sudo on the host"
	}
	if said.need == needPassword && !b.how.su {
		said, err := b.withPassword(ctx, bySudo, script, limit, input, args...)
		if !errors.As(err, new(notInSudoers)) {
			return said, err
		}
		b.lacks = b.user + " may not use sudo on the host"
		b.connector.tell(b.host, b.user+" may not use sudo; root's own password is needed")
	}
	return b.withPassword(ctx, bySu, script, limit, input, args...)
}

// mayAsk reports whether the owner may be asked for a password.
func (b *bootstrap) mayAsk() bool {
	return !b.how.OwnerOnly && (b.how.AskSudo || b.how.AsNeeded && b.connector.options.Ask != nil)
}

// withPassword asks for the password of sudo or su and runs a script with it.
func (b *bootstrap) withPassword(ctx context.Context, program, script string, limit time.Duration, input []byte, args ...string) (word, error) {
	whose := b.user
	if program == bySu {
		whose = "root"
	}
	password, err := b.connector.ask(ctx, fmt.Sprintf("Password of %s on %s, for %s: ", whose, b.host.Name, program))
	if err != nil {
		return word{}, err
	}
	b.password, b.entered.Root = password, program
	return b.exec(ctx, script, limit, input, args...)
}

// exec runs a script as root, with a password if there is one.
func (b *bootstrap) exec(ctx context.Context, script string, limit time.Duration, input []byte, args ...string) (word, error) {
	nonce := rand.Text()
	line, a := b.line(script, nonce, args)
	channel, release, err := newChannel(ctx, b.transport, line, limit, a)
	if err != nil {
		return word{}, b.notStarted(err)
	}
	defer release()
	defer b.doubt(ctx, channel)()
	feeding, fed := context.WithCancel(ctx)
	defer fed()
	go channel.feed(feeding, input)
	return b.hear(ctx, channel, bufio.NewReaderSize(channel, helloBuffer), nonce)
}

// line returns the line for the user's shell, and the answer for the program that
// asks for a password.
func (b *bootstrap) line(script, nonce string, args []string) (string, answer) {
	words := append([]string{script, nonce}, args...)
	if b.password.Empty() {
		return command(asRootScript, words...), answer{}
	}
	prompt := "cairn-" + rand.Text() + ": "
	if b.entered.Root == bySu {
		return command(suScript, append([]string{prompt}, words...)...), answer{prompt + suPrompt, b.password}
	}
	return command(sudoScript, append([]string{prompt}, words...)...), answer{prompt, b.password}
}

// suPrompt is su's untranslated prompt (pam_unix(8)).
const suPrompt = "Password: "

// noWayToRoot explains why the user cannot become root when no password may be
// asked for, and says what helps.
func (b *bootstrap) noWayToRoot(said word) error {
	if said.need == needPassword {
		return problem.Wrap(problem.HostNoSudo, "", b.user+" may not become root without a password", complained(said.complaint))
	}
	return problem.New(problem.HostNoSudo, "", "there is no sudo on the host, and "+b.user+" is not root").
		WithFix("give --ask-sudo-password: Cairn then asks for root's password and uses su; or " + b.console())
}

// console says how to give a user sudo without Cairn. The host's system is not
// known yet, so it names the commands of the most likely one.
func (b *bootstrap) console() string {
	likely := distro.Of("", "")
	return fmt.Sprintf("at the console of %s, log in as root, type these two lines, and run the command again:\n"+
		"         %s\n         usermod -aG %s %s", b.host.Name, likely.Packages.Installing("sudo"), likely.Admins, b.user)
}

// refusedRoot explains why sudo or su refused the password. It returns nil if they
// did not refuse it.
func (b *bootstrap) refusedRoot(said string, askedAgain bool) error {
	switch {
	case b.entered.Root == "":
		return nil
	case askedAgain, strings.Contains(said, "incorrect password"):
		return problem.New(problem.HostNoSudo, "", "sudo does not accept the password").WithFix("run the command again with --ask-sudo-password, and give the right password for sudo")
	case b.entered.Root == bySudo && (strings.Contains(said, "in the sudoers file") || strings.Contains(said, "not allowed to execute")):
		return problem.Wrap(problem.HostNoSudo, "", b.user+" may not use sudo on the host", notInSudoers(said)).WithFix(b.console())
	case b.entered.Root == bySu && strings.Contains(said, "su: "):
		return problem.Wrap(problem.HostNoSudo, "", b.lacks+", and su does not accept root's password from "+b.user, complained(said)).
			WithFix("run the command again, with the right password of root; or " + b.console())
	case strings.Contains(said, "sudo: "):
		return problem.Wrap(problem.HostNoSudo, "", b.user+" may not use sudo on the host", complained(said)).WithFix(b.console())
	}
	return nil
}

// complained turns a script's standard error into a cause.
func complained(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}
