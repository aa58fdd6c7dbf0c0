package wire

import (
	"bufio"
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
// follow NeedMark and the nonce. What comes after stays in r.
func ReadHello(r *bufio.Reader, nonce string) (hello Hello, need string, err error) {
	read := 0
	for {
		line, err := r.ReadSlice('\n')
		read += len(line)
		if read > maxNoise {
			return Hello{}, "", fmt.Errorf("%w: it printed more than %d octets", ErrNoHello, maxNoise)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return Hello{}, "", fmt.Errorf("%w: %w", ErrNoHello, err)
		}
		text := strings.TrimRight(string(line), "\r\n")
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
