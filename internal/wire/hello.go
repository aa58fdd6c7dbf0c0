package wire

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxNoise limits what a login shell may print before the agent speaks, in bytes.
const maxNoise = 1 << 20

// ErrNoHello says that the other side ended or printed too much, and no agent
// spoke.
var ErrNoHello = errors.New("the agent did not speak")

// NoHelloError is an [ErrNoHello] with what the other side printed instead.
type NoHelloError struct {
	First string // the first line that is not empty
	Last  string // the last such line
	Cause error
}

// Error implements error. It quotes the line, which may contain anything.
func (e *NoHelloError) Error() string {
	if e.Last == "" {
		return fmt.Sprintf("%v: %v", ErrNoHello, e.Cause)
	}
	return fmt.Sprintf("%v: %v; the last line is %q", ErrNoHello, e.Cause, e.Last)
}

// Unwrap implements the interface of [errors.Is].
func (e *NoHelloError) Unwrap() []error { return []error{ErrNoHello, e.Cause} }

// helloMark starts the line with the hello. The nonce after it tells the line from
// anything that a shell prints.
const helloMark = "CAIRN-HELLO "

// NeedMark starts the line by which a bootstrap script says what it needs.
const NeedMark = "CAIRN-NEED "

// WriteHello writes the hello, the first line of an agent. Frames follow directly.
func WriteHello(w io.Writer, nonce string, hello Hello) error {
	body, err := Encode(hello)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s%s %s\n", helloMark, nonce, base64.StdEncoding.EncodeToString(body))
	return err
}

// ReadHello skips the output of a shell and returns the hello, or the words after
// NeedMark and the nonce. The rest of the input stays in r. A read error is a
// [NoHelloError].
func ReadHello(r *bufio.Reader, nonce string) (hello Hello, need string, err error) {
	read, first, last := 0, "", ""
	for {
		line, err := r.ReadSlice('\n')
		read += len(line)
		if read > maxNoise {
			return Hello{}, "", &NoHelloError{first, last, fmt.Errorf("the login printed more than %d bytes", maxNoise)}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text != "" {
			first, last = cmp.Or(first, text), text
		}
		if err != nil {
			return Hello{}, "", &NoHelloError{first, last, err}
		}
		if words, found := strings.CutPrefix(text, NeedMark+nonce+" "); found {
			return Hello{}, words, nil
		}
		if encoded, found := strings.CutPrefix(text, helloMark+nonce+" "); found {
			hello, err := decodeHello(encoded)
			return hello, "", err
		}
	}
}

func decodeHello(encoded string) (Hello, error) {
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return Hello{}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	var hello Hello
	return hello, Decode(body, &hello)
}
