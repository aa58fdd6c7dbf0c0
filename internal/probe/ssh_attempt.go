package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/host"
)

// attemptTime limits one SSH handshake with its authentication.
const attemptTime = 15 * time.Second

// errUnreachable marks an attempt that never reached an SSH server, so that
// nothing is known about the server.
var errUnreachable = errors.New("no SSH server answered")

// attempt tries to log in once, on a new connection from the vantage. It
// returns the client if the server let it in. The error wraps errUnreachable if
// there was no server to judge.
func attempt(ctx context.Context, from Vantage, target Target, config ssh.ClientConfig) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	address := sshAddress(target)
	conn, err := from.Dial(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	met := false
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		met = true
		if string(key.Marshal()) != string(target.HostKey.Marshal()) {
			return fmt.Errorf("the server shows %s instead of the pinned key", ssh.FingerprintSHA256(key))
		}
		return nil
	}
	config.HostKeyAlgorithms = host.KeyAlgorithms(target.HostKey)
	client, err := host.Handshake(ctx, conn, address, &config)
	if err != nil && !met && !negotiationFailed(err) {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return client, err
}

func sshAddress(target Target) string {
	return netip.AddrPortFrom(target.Host.At(), target.Host.Port).String()
}

// negotiationFailed reports whether both sides spoke SSH but found no common
// algorithm.
func negotiationFailed(err error) bool {
	var mismatch *ssh.AlgorithmNegotiationError
	return errors.As(err, &mismatch)
}

// failedAtOnce is x/crypto/ssh's error if a server offers keyboard-interactive
// and then refuses without a question. It sent message 51 of RFC 4252 where
// message 60 of RFC 4256 was due. The library tries only methods that are
// offered.
const failedAtOnce = "unexpected message type 51 (expected 60)"

// authenticationEnded reports whether the server had nothing more to offer.
// Then everything it offers and we have was tried.
func authenticationEnded(err error) bool { return strings.Contains(err.Error(), "attempted methods [") }

// serverAnswer returns the error without the library's prefix.
func serverAnswer(err error) string {
	return strings.TrimPrefix(err.Error(), "ssh: handshake failed: ssh: ")
}

// methodTried reports whether the server offered the authentication method.
// x/crypto/ssh tries only offered methods, and its error lists what it tried.
func methodTried(err error, method string) bool {
	if method == "keyboard-interactive" && strings.Contains(err.Error(), failedAtOnce) {
		return true
	}
	_, list, found := strings.Cut(err.Error(), "attempted methods [")
	if !found {
		return false
	}
	list, _, _ = strings.Cut(list, "]")
	for _, tried := range strings.Fields(list) {
		if tried == method {
			return true
		}
	}
	return false
}

// wrongPassword returns 128 random bits that nobody keeps, so it is never
// right.
func wrongPassword() string { return rand.Text() }
