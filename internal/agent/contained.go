package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Contained is what this program does inside a container, where it is the only
// file: it repeats what it reads, asks a test listener, and keeps something in a file. So a
// look at containers needs no registry and no image of anybody's.
func Contained(ctx context.Context, words []string, in io.Reader, out io.Writer) error {
	word, argument := words[0], ""
	if len(words) == 2 {
		argument = words[1]
	}
	switch word {
	case "say":
		_, err := io.Copy(out, in)
		return err
	case "ask":
		return ask(ctx, argument, out)
	case "write":
		return writeThrough(argument, in)
	case "read":
		file, err := os.Open(argument)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		_, err = io.Copy(out, file)
		return err
	}
	return fmt.Errorf("%q is not a word for a container", word)
}

// askTime is how long a test listener on the same host may take to answer.
const askTime = 3 * time.Second

// ask prints what a test listener answers. That nobody answers is printed too, since it is
// what was seen.
func ask(ctx context.Context, address string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		_, err = fmt.Fprintln(out, err)
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetReadDeadline(time.Now().Add(askTime)); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, 256))
	if len(answer) > 0 {
		err = nil
	}
	if err == nil {
		_, err = out.Write(answer)
	}
	return err
}

// writeThrough writes a file so that it is on the disk.
func writeThrough(path string, in io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, in)
	return errors.Join(err, file.Sync(), file.Close())
}
