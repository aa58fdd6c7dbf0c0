// Package testkey makes SSH keys for tests. Only tests import it.
package testkey

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// New makes a key pair that nobody else has.
func New(t testing.TB) ssh.Signer {
	t.Helper()
	return signer(t, private(t))
}

// Write makes a key pair, and writes its private half to a file as ssh-keygen
// would. An empty passphrase leaves it open.
func Write(t testing.TB, path, passphrase string) ssh.Signer {
	t.Helper()
	key := private(t)
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	return signer(t, key)
}

func private(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	return key
}

func signer(t testing.TB, key ed25519.PrivateKey) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(key)
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
