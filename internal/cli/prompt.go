package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"cairn/internal/host"
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

// Password implements [host.Prompter]. What is typed is not shown.
func (t terminal) Password(_ context.Context, prompt string) (secret.Text, error) {
	t.screen.mu.Lock()
	defer t.screen.mu.Unlock()
	fmt.Fprint(t.screen.streams.Err, prompt)
	typed, err := term.ReadPassword(int(t.in.Fd()))
	fmt.Fprintln(t.screen.streams.Err)
	return secret.New(string(typed)), err
}

// Confirm implements [host.Prompter]. Only a written yes is one.
func (t terminal) Confirm(_ context.Context, question string) (bool, error) {
	t.screen.mu.Lock()
	defer t.screen.mu.Unlock()
	fmt.Fprint(t.screen.streams.Err, question+" [yes/no] ")
	answer, err := bufio.NewReader(t.in).ReadString('\n')
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "yes" || answer == "y", nil
}
