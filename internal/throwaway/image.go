package throwaway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"time"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// Time limits for the steps to a base image. A pull gets little time on
// purpose: an unreachable registry often drops packets instead of refusing.
const (
	pullLimit      = 5 * time.Minute
	bootstrapLimit = 10 * time.Minute
	buildLimit     = 10 * time.Minute
)

// The images that the recipe builds on: the distribution's own from the
// registry, or else one that debootstrap made here.
var (
	registryBase = distro.Rehearsed.Registry
	localBase    = imageName + ":" + distro.Rehearsed.Codename + "-base"
)

// EnsureImage returns the name of the base image, and makes the image if it
// does not exist. It builds on Debian's image from a registry, or else on
// debootstrap's result. Its error is the problem RehearsalNoImage with both
// reasons. progress gets a line per step.
func EnsureImage(ctx context.Context, d Docker, progress func(string)) (string, error) {
	tag, err := ImageTag()
	if err != nil {
		return "", err
	}
	if d.hasImage(ctx, tag) {
		return tag, nil
	}
	builder := imageBuilder{docker: d, machine: thisMachine(ctx), progress: progress}
	base, err := builder.base(ctx)
	if err != nil {
		return "", noImage(ctx, err)
	}
	files, err := recipeFiles(recipe, "image")
	if err != nil {
		return "", err
	}
	files = append(files, namedFile{path.Base(distro.Rehearsed.Sources), 0o644, builder.machine.mirrors.sources()})
	progress("building " + tag + " on " + base)
	if err := builder.build(ctx, base, tag, files); err != nil {
		return "", noImage(ctx, err)
	}
	return tag, nil
}

func noImage(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return problem.Wrap(problem.RehearsalNoImage, "", "Cannot make the base image of the throw-away hosts", err)
}

func (d Docker) hasImage(ctx context.Context, name string) bool {
	_, err := d.call(ctx, nil, "image", "inspect", "--format", "{{.Id}}", name)
	return err == nil
}

// imageBuilder makes the base image.
type imageBuilder struct {
	docker   Docker
	machine  machine
	progress func(string)
}

// base returns an image of plain Debian 13: an existing one, a pulled one, or
// one made by debootstrap.
func (b imageBuilder) base(ctx context.Context) (string, error) {
	for _, name := range []string{registryBase, localBase} {
		if b.docker.hasImage(ctx, name) {
			return name, nil
		}
	}
	b.progress("pulling " + registryBase)
	pullErr := b.pull(ctx)
	if pullErr == nil {
		return registryBase, nil
	}
	b.progress("no registry answers; making " + distro.Rehearsed.Name + " with debootstrap (a minute or two)")
	if err := b.bootstrap(ctx); err != nil {
		return "", errors.Join(pullErr, err)
	}
	return localBase, nil
}

func (b imageBuilder) pull(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	_, err := b.docker.call(ctx, nil, "pull", "--quiet", registryBase)
	return err
}

// build makes an image from a recipe's files. It uses the machine's network, so that
// name resolution and mirrors work as they do there.
func (b imageBuilder) build(ctx context.Context, base, tag string, files []namedFile) error {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	buildContext, err := archive(files)
	if err != nil {
		return err
	}
	args := []string{"build", "--force-rm", "--network", "host", "--build-arg", "BASE=" + base, "--tag", tag}
	for scheme := range b.machine.proxies {
		args = append(args, "--build-arg", scheme+"_proxy") // its value stays in the environment
	}
	cmd := b.docker.command(ctx, append(args, "-")...)
	cmd.Stdin = buildContext
	environ := cmd.Env
	if environ == nil {
		environ = os.Environ()
	}
	cmd.Env = append(b.machine.proxies.environ(environ), "BUILDKIT_PROGRESS=plain")
	return b.run(ctx, cmd, "docker build")
}

// run reports a program's steps as progress, and keeps its output for the
// error.
func (b imageBuilder) run(ctx context.Context, cmd *exec.Cmd, name string) error {
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	tail := make(chan string, 1)
	go func() {
		var last lines
		scanner := bufio.NewScanner(reader)
		for scanner.Scan() {
			last.add(scanner.Text())
			if isStep(scanner.Text()) {
				b.progress(name + ": " + short(scanner.Text()))
			}
		}
		_, _ = io.Copy(io.Discard, reader) // a line too long for the scanner
		tail <- last.text()
	}()
	err := cmd.Run()
	_ = writer.Close()
	return explained(ctx, err, name, <-tail)
}

// isStep reports whether a line names a step of the build, and not the work on
// one package.
func isStep(line string) bool {
	switch {
	case strings.HasPrefix(line, "Step "), strings.HasPrefix(line, "#") && strings.Contains(line, " ["):
		return true
	case strings.HasPrefix(line, "I: "):
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "I: "), " ")
		switch strings.TrimSuffix(first, "...") {
		case "Retrieving", "Validating", "Extracting", "Unpacking", "Configuring", "Resolving", "Checking", "Found", "Target", "Keyring", "Chosen":
			return false
		}
		return true
	}
	return false
}

// lines keeps the last few lines of an output.
type lines struct{ kept []string }

func (l *lines) add(line string) {
	l.kept = append(l.kept, line)
	if len(l.kept) > 5 {
		l.kept = l.kept[1:]
	}
}

func (l *lines) text() string { return strings.Join(l.kept, "\n") }

// short cuts a line to the width of a terminal.
func short(line string) string {
	const width = 70
	if len(line) <= width {
		return line
	}
	return strings.ToValidUTF8(line[:width], "") + "…"
}
