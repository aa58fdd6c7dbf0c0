package system

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// followStatus gives a program a file descriptor 3 for its progress, if the command
// reads that. The caller calls ended when the program has ended.
func followStatus(ctx context.Context, cmd *exec.Cmd, c Command, watch *silence) (ended func(), err error) {
	if c.Status == nil {
		return func() {}, nil
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{to}
	split := &lineWriter{take: func(line string) {
		said := c.Status(line)
		watch.take(said)
		show(ctx, said.Text)
	}}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(split, from) })
	return func() {
		// A process that the program left running may still hold the pipe. Do not
		// wait for it.
		_, _ = to.Close(), from.Close()
		reading.Wait()
	}, nil
}

// lineWriter passes on its input line by line, also where a program rewrites a line
// in place. It never fails.
type lineWriter struct {
	take func(line string)
	rest []byte
}

// longestLine limits the memory for a line that does not end.
const longestLine = 4 << 10

// Write implements [io.Writer].
func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexAny(p, "\r\n")
		if i < 0 {
			break
		}
		l.take(string(append(l.rest, p[:i]...)))
		l.rest, p = l.rest[:0], p[i+1:]
	}
	if len(l.rest)+len(p) <= longestLine {
		l.rest = append(l.rest, p...)
	}
	return n, nil
}

// Status is what one line of a program's status says.
type Status struct {
	Text  string // the part that may be shown
	Heard bool   // the program has made progress since the previous line
	// Limit is how long the program may be silent. It holds while such lines keep
	// coming. 0 means the program's usual limit.
	Limit time.Duration
}
