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

// followStatus gives a program a file descriptor 3 for how far it is, where the
// command reads that. ended is called when the program has.
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
		// What the program has left running may have the pipe still, and is not waited for.
		_, _ = to.Close(), from.Close()
		reading.Wait()
	}, nil
}

// lineWriter hands on what is written line by line, also where a line is rewritten in
// place. It never fails.
type lineWriter struct {
	take func(line string)
	rest []byte
}

// longestLine bounds what is kept of a line that does not end.
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

// Status is what a line of a program's status says.
type Status struct {
	Text  string // what may be shown of it
	Heard bool   // something has happened since the one before
	// limit is for how long nothing may happen; it holds as long as such lines keep
	// coming. 0: as for the program as a whole.
	Limit time.Duration
}
