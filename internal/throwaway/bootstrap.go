package throwaway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"cairn/internal/distro"
)

// bootstrap makes localBase from Debian's packages. Like debootstrap, it needs
// root.
func (b imageBuilder) bootstrap(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, bootstrapLimit)
	defer cancel()
	if _, err := exec.LookPath("debootstrap"); err != nil {
		return errors.New("debootstrap is not installed")
	}
	if os.Geteuid() != 0 {
		return errors.New("debootstrap needs root")
	}
	removeAbandoned(scratchPattern)
	dir, release, err := scratchFolder(scratchPattern)
	if err != nil {
		return err
	}
	defer release()
	root := filepath.Join(dir, "root")
	// It runs in its own mount namespace, so that an interrupted run leaves
	// nothing mounted in a tree that will be removed.
	cmd := polite(exec.CommandContext(ctx, "unshare", "--mount", "debootstrap", "--variant=minbase",
		"--include=ca-certificates", distro.Rehearsed.Codename, root, b.machine.mirrors.main))
	cmd.Env = b.machine.proxies.environ(os.Environ())
	if err := b.run(ctx, cmd, "debootstrap"); err != nil {
		return err
	}
	return b.importTree(ctx, root)
}

// importTree makes localBase from a root file system.
func (b imageBuilder) importTree(ctx context.Context, root string) error {
	tree := polite(exec.CommandContext(ctx, "tar", "-C", root, "--numeric-owner", "-c", "."))
	stream, err := tree.StdoutPipe()
	if err != nil {
		return err
	}
	if err := tree.Start(); err != nil {
		return fmt.Errorf("tar: %w", err)
	}
	_, importErr := b.docker.call(ctx, stream, "import", "-", localBase)
	if importErr != nil {
		_, _ = io.Copy(io.Discard, stream)
	}
	return errors.Join(importErr, tree.Wait())
}

// scratchPattern matches the folders in which systems are built. They are big,
// so they are not in /tmp, which may be in memory.
const scratchPattern = "/var/tmp/cairn-debootstrap-*"

// scratchFolder makes a folder that stays locked while this process lives. The
// lock tells removeAbandoned that the folder is in use.
func scratchFolder(pattern string) (path string, release func(), err error) {
	if path, err = os.MkdirTemp(filepath.Dir(pattern), filepath.Base(pattern)); err != nil {
		return "", nil, err
	}
	folder, err := lockFolder(path)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(path))
	}
	return path, func() { _ = os.RemoveAll(path); _ = folder.Close() }, nil
}

func lockFolder(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return folder, take(folder)
}

// removeAbandoned removes the folders of processes that were killed. It skips
// very young folders, which may not be locked yet.
func removeAbandoned(pattern string) {
	const young = time.Minute
	paths, _ := filepath.Glob(pattern) // the pattern is a constant
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < young {
			continue
		}
		if folder, err := lockFolder(path); err == nil {
			_ = os.RemoveAll(path)
			_ = folder.Close()
		}
	}
}
