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

// maxNoise is how much a login shell may print before the agent speaks.
const maxNoise = 1 << 20

// ErrNoHello says that the other side ended, or went on too long, without the
// agent having spoken.
var ErrNoHello = errors.New("the agent did not speak")

// NoHelloError is an [ErrNoHello] with what was printed instead.
type NoHelloError struct {
	First string // the first line that was not empty
	Last  string // the last of them
	Cause error
}

// Error implements error. The line is quoted: it may hold anything.
func (e *NoHelloError) Error() string {
	if e.Last == "" {
		return fmt.Sprintf("%v: %v", ErrNoHello, e.Cause)
	}
	return fmt.Sprintf("%v: %v; the last that was printed is %q", ErrNoHello, e.Cause, e.Last)
}

// Unwrap implements the interface of [errors.Is].
func (e *NoHelloError) Unwrap() []error { return []error{ErrNoHello, e.Cause} }

// helloMark begins the line with the hello; the nonce after it tells it from
// anything a shell may print.
const helloMark = "CAIRN-HELLO "

// NeedMark begins the line by which the bootstrap says that the agent is missing.
const NeedMark = "CAIRN-NEED "

// WriteHello writes the agent's first words. Frames follow at once.
func WriteHello(w io.Writer, nonce string, hello Hello) error {
	body, err := Encode(hello)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s%s %s\n", helloMark, nonce, base64.StdEncoding.EncodeToString(body))
	return err
}

// ReadHello skips what a shell prints and returns the hello, or the words that
// follow NeedMark and the nonce. What comes after stays in r. An error of reading
// is a [NoHelloError].
func ReadHello(r *bufio.Reader, nonce string) (hello Hello, need string, err error) {
	read, first, last := 0, "", ""
	for {
		line, err := r.ReadSlice('\n')
		read += len(line)
		if read > maxNoise {
			return Hello{}, "", &NoHelloError{first, last, fmt.Errorf("it printed more than %d bytes", maxNoise)}
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
