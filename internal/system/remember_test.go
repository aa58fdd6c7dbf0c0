package system

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"
)

// counting answers each run with its number.
type counting struct {
	mu   sync.Mutex
	runs int
}

func (c *counting) Run(context.Context, Command) (Output, error) {
	time.Sleep(time.Millisecond) // so that others ask meanwhile
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs++
	return Output{Stdout: []byte(strconv.Itoa(c.runs))}, nil
}

func TestALookRunsEachCommandOnce(t *testing.T) {
	runner := &counting{}
	sys := &System{Runner: runner}
	look := sys.Remembering()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if out, err := look.Run(t.Context(), "systemctl", "show", "a b"); err != nil || string(out.Stdout) != "1" {
				t.Errorf("%q, %v", out.Stdout, err)
			}
		})
	}
	wait.Wait()
	for _, other := range [][]string{{"systemctl", "show", "a", "b"}, {"systemctl", "show"}} {
		if out, err := look.Ask(t.Context(), other...); err != nil || string(out.Stdout) == "1" {
			t.Errorf("%q got the answer to another command: %q, %v", other, out.Stdout, err)
		}
	}
	if out, err := sys.Remembering().Run(t.Context(), "systemctl", "show", "a b"); err != nil || string(out.Stdout) != "4" {
		t.Errorf("the next look got an old answer: %q, %v", out.Stdout, err)
	}
}

func TestALookRunsAgainWhatIsToldMore(t *testing.T) {
	look := (&System{Runner: &counting{}}).Remembering()
	for i, c := range []Command{
		{Argv: []string{"nft"}, Stdin: []byte("one")}, {Argv: []string{"nft"}, Stdin: []byte("two")},
		{Argv: []string{"nft"}, Env: []string{"A=1"}}, {Argv: []string{"nft"}},
	} {
		if out, err := look.RunWith(t.Context(), c); err != nil || string(out.Stdout) != strconv.Itoa(i+1) {
			t.Errorf("%v: %q, %v", c, out.Stdout, err)
		}
	}
}
