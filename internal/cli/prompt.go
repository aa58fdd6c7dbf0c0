package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/secret"
)

// terminal asks a person.
type terminal struct {
	screen *screen
	in     *os.File
}

// prompter is nil where there is no terminal to ask on.
func (s *screen) prompter() host.Prompter {
	in, ok := s.streams.In.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) || s.format != formatText {
		return nil
	}
	return terminal{s, in}
}

// Password implements [host.Prompter]. It does not echo what is typed.
func (t terminal) Password(ctx context.Context, prompt string) (secret.Text, error) {
	typed, err := t.ask(ctx, prompt, func() (string, error) {
		typed, err := term.ReadPassword(int(t.in.Fd()))
		return string(typed), err
	})
	if err == nil {
		fmt.Fprintln(t.screen.streams.Err)
	}
	return secret.New(typed), err
}

// Confirm implements [host.Prompter]. Only a full "yes" confirms.
func (t terminal) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := t.ask(ctx, question+" [yes/no] ", func() (string, error) { return bufio.NewReader(t.in).ReadString('\n') })
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y", nil
}

// signalTime is how long a signal may take to arrive.
const signalTime = 100 * time.Millisecond

// untilEnd is ctx, but it ends with the command at the latest.
func (s *screen) untilEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancel(ctx)
	select {
	case <-s.ended:
		end()
	default:
		go func() {
			select {
			case <-s.ended:
				end()
			case <-ctx.Done():
			}
		}()
	}
	return ctx, end
}

// ask shows a question and reads its answer. When ctx or the command ends, it
// returns at once and restores the terminal. Nobody reads what is typed after
// that.
func (t terminal) ask(ctx context.Context, question string, read func() (string, error)) (string, error) {
	t.screen.mu.Lock()
	defer t.screen.mu.Unlock()
	t.screen.clearLive()
	ctx, end := t.screen.untilEnd(ctx)
	defer end()
	if ctx.Err() != nil {
		return "", interrupted()
	}
	before, err := term.GetState(int(t.in.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprint(t.screen.streams.Err, question)
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1) // a read of a terminal cannot be called off
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	var a answer
	select {
	case a = <-answers:
		// A signal sent before the line was typed may arrive after it.
		select {
		case <-ctx.Done():
		case <-time.After(signalTime):
		}
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(t.screen.streams.Err)
		return "", errors.Join(interrupted(), term.Restore(int(t.in.Fd()), before))
	case errors.Is(a.err, io.EOF):
		fmt.Fprintln(t.screen.streams.Err)
		return "", problem.New(problem.HostPromptNeeded, "", "the input ended where an answer was needed")
	}
	return a.text, a.err
}

// interrupted is the owner's own wish to end.
func interrupted() error { return problem.New(problem.RunCancelled, "", "interrupted") }
