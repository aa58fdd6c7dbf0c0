package resource

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/internal/system"
)

// Certificates are names that a container gets certificates for by itself.
type Certificates struct {
	Container string   `cbor:"1,keyasint"`
	Port      uint16   `cbor:"2,keyasint"` // where it serves them
	Names     []string `cbor:"3,keyasint"`
}

func (c *Certificates) validate() error {
	if c == nil {
		return nil
	}
	for _, name := range c.Names {
		if name == "" || len(name) > 253 || strings.ContainsAny(name, " /:") {
			return fmt.Errorf("%q cannot be the name in a certificate", name)
		}
	}
	return nil
}

// certifiedWithin is how long a container may take to get certificates. After that it
// is started again: Traefik tries a name that failed once only after its next start
// (github.com/traefik/traefik, issue 9405), and Caddy waits longer each time.
const certifiedWithin = 15 * time.Second

// uncertified returns the names for which a container has no certificate. A container
// that does not run is asked nothing.
func (s Service) uncertified(ctx context.Context, have dockerState) (names []string, err error) {
	if s.Certificates == nil {
		return nil, nil
	}
	there, _ := have.container(ServiceContainer(s.Name, s.Certificates.Container))
	addresses := there.addresses(s.Certificates.Port)
	if there.State.Status != "running" || len(addresses) == 0 {
		return nil, nil
	}
	for _, name := range s.Certificates.Names {
		certified, err := hasCertificate(ctx, addresses[0], name)
		if err != nil {
			return nil, fmt.Errorf("the container %s is asked for the certificate of %s: %w", s.Certificates.Container, name, err)
		}
		if !certified {
			names = append(names, name)
		}
	}
	return names, nil
}

// certify waits until a container has all certificates, and starts it again if it does
// not get them.
func (s Service) certify(ctx context.Context, sys *system.System) error {
	if s.Certificates == nil {
		return nil
	}
	for end := time.Now().Add(certifiedWithin); ; {
		have, err := s.look(ctx, sys)
		if err != nil {
			return err
		}
		names, err := s.uncertified(ctx, have)
		switch {
		case err == nil && len(names) == 0:
			return nil
		case err == nil && time.Now().After(end):
			_, err := sys.Run(ctx, "docker", "restart", ServiceContainer(s.Name, s.Certificates.Container))
			return err
		case err != nil && time.Now().After(end):
			return nil // it is not a matter of certificates
		}
		if err := system.Pause(ctx, askEvery); err != nil {
			return err
		}
	}
}

// certificateProperties compares the certificates that a container has with those that
// it should have. If it cannot be asked, that is no difference: other looks tell.
func (s Service) certificateProperties(ctx context.Context, have dockerState) (all []property) {
	names, err := s.uncertified(ctx, have)
	if err != nil || s.Certificates == nil {
		return nil
	}
	for _, name := range s.Certificates.Names {
		p := property{"certificate of " + name, "there", "there"}
		if slices.Contains(names, name) {
			p.have = absent
		}
		all = append(all, p)
	}
	return all
}

// Of RFC 8446 and RFC 6066.
const (
	recordAlert      = 21
	recordHandshake  = 22
	internalError    = 80
	unrecognizedName = 112
)

// hasCertificate begins a handshake for a name, and reports whether the server goes on
// with it. A server that has no certificate for a name answers with an alert: Traefik with
// the one for this (RFC 6066, 3), Caddy with an internal error (crypto/tls, GetCertificate).
// crypto/tls would make the agent larger by a tenth.
func hasCertificate(ctx context.Context, address, name string) (bool, error) {
	answer := make([]byte, 7) // type, version, length; of an alert its level and what it is
	err := exchange(ctx, patience, "tcp", address, clientHello(name), func(conn io.Reader) error {
		_, err := io.ReadFull(conn, answer)
		return err
	})
	if err != nil {
		return false, err
	}
	switch {
	case answer[0] == recordHandshake:
		return true, nil
	case answer[0] == recordAlert && (answer[6] == unrecognizedName || answer[6] == internalError):
		return false, nil
	case answer[0] == recordAlert:
		return false, errors.New("it ends the handshake with the alert " + strconv.Itoa(int(answer[6])))
	}
	return false, errors.New("it does not speak TLS")
}

// clientHello is the first message of a client that knows TLS 1.2, with the ciphers and
// curves that every server of today has (RFC 5246, 7.4.1.2). Nothing is ever encrypted
// with it, so its random bytes are none.
func clientHello(name string) []byte {
	serverName := counted(2, append([]byte{0}, counted(2, []byte(name))...))
	extensions := slices.Concat(
		[]byte{0, 0}, counted(2, serverName),
		[]byte{0, 10}, counted(2, counted(2, []byte{0x00, 0x1d, 0x00, 0x17})), // X25519, P-256
		[]byte{0, 13}, counted(2, counted(2, []byte{0x04, 0x03, 0x08, 0x04, 0x04, 0x01})), // ECDSA, RSA
	)
	body := slices.Concat(
		[]byte{3, 3}, make([]byte, 32), // TLS 1.2, the random bytes
		counted(1, nil), // no session
		counted(2, []byte{0xc0, 0x2b, 0xc0, 0x2f}), // ECDHE with ECDSA or RSA, AES-128-GCM
		counted(1, []byte{0}),                      // no compression
		counted(2, extensions),
	)
	message := append([]byte{1}, counted(3, body)...) // a ClientHello
	return slices.Concat([]byte{recordHandshake, 3, 1}, counted(2, message))
}

// counted returns bytes behind their number, which has as many bytes as size says.
func counted(size int, bytes []byte) []byte {
	number := binary.BigEndian.AppendUint32(nil, uint32(len(bytes)))
	return append(number[4-size:], bytes...)
}
