package agent

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// contents are the contents that a run names. They can be larger than the memory
// of a small host, so they stay on its disk until the run ends. They are encrypted
// with a key in memory: after a power cut nobody can read them.
type contents struct {
	dir     string
	keyFile string
}

const (
	contentsDir = "contents"
	contentsKey = "contents.key"
	keyBytes    = 32 // AES-256
)

func (a *Agent) contentsOf(id string) (contents, error) {
	dir, err := a.runDir(id)
	return contents{filepath.Join(dir, contentsDir), filepath.Join(a.workDir(id), contentsKey)}, err
}

// ready makes sure that there is a key. What an older key encrypted is useless.
func (c contents) ready() error {
	if key, err := os.ReadFile(c.keyFile); err == nil && len(key) == keyBytes {
		return os.MkdirAll(c.dir, 0o700)
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(c.dir), os.MkdirAll(c.dir, 0o700), os.MkdirAll(filepath.Dir(c.keyFile), 0o700),
		system.ReplaceFile(c.keyFile, key, 0o600))
}

// newKey reads a key from the kernel (random(4)). Package crypto/rand would bring
// a generator of its own into the agent.
func newKey() ([]byte, error) {
	random, err := os.Open("/dev/urandom")
	if err != nil {
		return nil, err
	}
	key := make([]byte, keyBytes)
	_, err = io.ReadFull(random, key)
	return key, errors.Join(err, random.Close())
}

// at returns the file of a content, and the key stream that encrypts and decrypts
// it. The file's name is not the content's hash, from which a short content could
// be guessed.
func (c contents) at(name resource.ContentName) (path string, stream cipher.Stream, err error) {
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", nil, err
	}
	start := make([]byte, block.BlockSize())
	block.Encrypt(start, name.Sum)
	return filepath.Join(c.dir, hex.EncodeToString(start)), cipher.NewCTR(block, start), nil
}

// missing returns the names whose bytes are not here, each once.
func (c contents) missing(names []resource.ContentName) ([]resource.ContentName, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if err := c.ready(); err != nil {
		return nil, err
	}
	var missing []resource.ContentName
	seen := map[string]bool{}
	for _, name := range names {
		path, _, err := c.at(name)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !seen[path] {
			missing = append(missing, name)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		seen[path] = true
	}
	return missing, nil
}

// take reads a content from a stream piece by piece, and keeps it if it matches
// its name.
func (c contents) take(from io.Reader, name resource.ContentName) error {
	path, stream, err := c.at(name)
	if err != nil {
		return err
	}
	half := path + ".half"
	file, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	check := resource.NewNamer()
	_, err = io.CopyN(io.MultiWriter(cipher.StreamWriter{S: stream, W: file}, check), from, name.Size)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if !check.Name().Is(name) {
		return fmt.Errorf("%w: a content is not the one that was named", wire.ErrMessage)
	}
	return os.Rename(half, path)
}

// source opens a content that is here.
func (c contents) source(name resource.ContentName) system.Source {
	return func() (io.ReadCloser, error) {
		path, stream, err := c.at(name)
		if err != nil {
			return nil, err
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{cipher.StreamReader{S: stream, R: file}, file}, nil
	}
}

// bring has the controller send what the host lacks of the run's contents.
func (s *session) bring(ctx context.Context, stream *wire.Stream, run wire.Run) (asked bool, err error) {
	var names []resource.ContentName
	for _, spec := range run.Specs() {
		named, err := spec.Named()
		if err != nil {
			return false, err
		}
		names = append(names, named...)
	}
	c, err := s.contentsOf(run.ID)
	if err != nil {
		return false, err
	}
	missing, err := c.missing(names)
	if err != nil || len(missing) == 0 {
		return false, err
	}
	if err := stream.Send(ctx, wire.StartReply{Missing: missing}); err != nil {
		return true, err
	}
	for _, name := range missing {
		if err := c.take(stream, name); err != nil {
			return true, err
		}
	}
	return true, nil
}
