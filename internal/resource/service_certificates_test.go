package resource

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
)

// TestHasCertificate asks a real server for names.
func TestHasCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{SerialNumber: big.NewInt(1)}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	with := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		switch hello.ServerName {
		case "there.home.example":
			return with, nil
		case "failed.home.example":
			return nil, errors.New("no certificate")
		}
		return nil, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go serveTLS(listener)
	for name, want := range map[string]bool{"there.home.example": true, "nobody.home.example": false, "failed.home.example": false} {
		if got, err := hasCertificate(t.Context(), listener.Addr().String(), name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	strict, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return with, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = strict.Close() }()
	go serveTLS(strict)
	if _, err := hasCertificate(t.Context(), strict.Addr().String(), "there.home.example"); err == nil {
		t.Error("another alert counts as a missing certificate")
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	go func() {
		for {
			conn, err := plain.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	if _, err := hasCertificate(t.Context(), plain.Addr().String(), "there.home.example"); err == nil {
		t.Error("plain HTTP is as good")
	}
}

func serveTLS(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.(*tls.Conn).Handshake()
		_ = conn.Close()
	}
}
