package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// A look at containers makes its own containers, networks and volumes. This program
// is the only file in its image. Everything has a label, and is removed by it at the
// end. Only one such look runs on a host at a time. So anything with the label at the
// start is from a killed agent, and is removed first.

// containerLabel marks everything that a look makes. Nothing else uses it.
const containerLabel = "io.cairn.look"

// containerLooks are the read commands about containers. Each is given a nonce.
var containerLooks = map[string]func(t *containerTrial, ctx context.Context, nonce string) error{
	"container-runs": (*containerTrial).runs, "container-networks": (*containerTrial).networks, "container-volume": (*containerTrial).volume,
}

// containerTrial is one look at containers.
type containerTrial struct {
	*Agent
	lock  *os.File
	image string // its id
	saw   wire.ContainerLook
}

// containerLook takes a look. A fault of Docker is a result, not an error of the look.
func (s *session) containerLook(ctx context.Context, look func(*containerTrial, context.Context, string) error, request wire.ReadCommand) wire.ReadReply {
	if len(request.Args) != 1 || !plainWord.MatchString(request.Args[0]) {
		return wire.ReadReply{Failure: failureOf(errors.New("a look at containers needs a nonce"))}
	}
	t, err := s.beginTrial(ctx)
	if err == nil {
		err = look(t, ctx, request.Args[0])
	}
	t.end(ctx)
	if ctx.Err() != nil {
		return wire.ReadReply{Failure: failureOf(ctx.Err())}
	}
	if err != nil {
		t.saw.Trouble = err.Error()
	}
	body, err := wire.Encode(t.saw)
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	return wire.ReadReply{Output: body}
}

// beginTrial waits for its turn, removes what a killed agent left, and makes the
// image. The caller must end the trial even after an error.
func (a *Agent) beginTrial(ctx context.Context) (*containerTrial, error) {
	t := &containerTrial{Agent: a}
	for t.lock == nil {
		var err error
		if t.lock, err = flock(filepath.Join(a.State, "containers")); err != nil {
			return t, err
		}
		if t.lock == nil && system.Pause(ctx, 100*time.Millisecond) != nil {
			return t, ctx.Err()
		}
	}
	var err error
	if t.saw.Docker, err = t.docker(ctx, nil, "version", "--format", "{{.Server.Version}}"); err != nil {
		return t, err
	}
	t.sweep(ctx)
	t.image, err = t.makeImage(ctx)
	return t, err
}

// end removes everything that the trial has made.
func (t *containerTrial) end(ctx context.Context) {
	if t.lock == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if t.image != "" {
		t.sweep(ctx)
	}
	_ = t.lock.Close()
}

// sweepScript removes everything with the label, containers first.
const sweepScript = `f="label=$0"
gone() { [ -z "$2" ] || docker $1 $2 >/dev/null; }
gone "rm --force --volumes" "$(docker ps --all --quiet --filter "$f")"
gone "network rm" "$(docker network ls --quiet --filter "$f")"
gone "volume rm --force" "$(docker volume ls --quiet --filter "$f")"
gone "image rm --force" "$(docker image ls --quiet --filter "$f")"`

func (t *containerTrial) sweep(ctx context.Context) {
	_, _ = t.System.Runner.Run(ctx, system.Command{Argv: []string{"sh", "-c", sweepScript, containerLabel}})
}

// docker runs the host's own client.
func (t *containerTrial) docker(ctx context.Context, stdin []byte, words ...string) (string, error) {
	out, err := t.System.Runner.Run(ctx, system.Command{Argv: append([]string{"docker"}, words...), Stdin: stdin})
	switch {
	case err != nil:
		return "", err
	case out.Exit == system.MissingProgram:
		return "", errors.New("the program docker is not installed")
	case out.Exit != 0:
		return "", fmt.Errorf("docker %s: %s", words[0], system.LastWords(out))
	}
	return strings.TrimSpace(string(out.Stdout)), nil
}

// makeImage makes an image of this program, and returns its id.
func (t *containerTrial) makeImage(ctx context.Context) (string, error) {
	const script = `tar --create --mode=0755 --owner=0 --group=0 --directory="$0" "$1" |
		docker import --change "ENTRYPOINT [\"/$1\"]" --change "LABEL $2=image" -`
	out, err := t.System.RunWith(ctx, system.Command{Argv: []string{"sh", "-c", script, filepath.Dir(t.Program), filepath.Base(t.Program), containerLabel}})
	if err != nil {
		return "", fmt.Errorf("docker import: %w", err)
	}
	return strings.TrimSpace(string(out.Stdout)), nil
}

// container returns the arguments that run a container of the image. The container
// needs nothing from the host.
func (t *containerTrial) container(options []string, words ...string) []string {
	argv := []string{"run", "--rm", "--interactive", "--pull", "never", "--label", containerLabel + "=container", "--log-driver", "none",
		"--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"}
	argv = append(argv, options...)
	return append(append(argv, t.image), words...)
}

// run runs a container to its end, and notes what it printed.
func (t *containerTrial) run(ctx context.Context, what string, stdin string, options []string, words ...string) {
	came, err := t.docker(ctx, []byte(stdin), t.container(options, words...)...)
	if err != nil {
		came = err.Error()
	}
	t.saw.Seen = append(t.saw.Seen, wire.Seen{What: what, Came: came})
}

func (t *containerTrial) runs(ctx context.Context, nonce string) error {
	t.run(ctx, "printed", nonce, []string{"--network", "none"}, "contained", "say")
	return nil
}

// listenerPort is the port of test listeners in containers.
const listenerPort = 7007

// networks starts a server in a container. A client on the same network asks it by its
// name. A client on a second network asks it by name and by address.
func (t *containerTrial) networks(ctx context.Context, nonce string) error {
	const ours, other, server = "cairn-look-1", "cairn-look-2", "cairn-look-server"
	port := strconv.Itoa(listenerPort)
	for _, name := range []string{ours, other} {
		if _, err := t.docker(ctx, nil, "network", "create", "--label", containerLabel+"=network", name); err != nil {
			return err
		}
	}
	listener, err := startListener(append([]string{"docker"}, t.container([]string{"--network", ours, "--name", server}, "listen", ":"+port)...), nonce)
	if err != nil {
		return err
	}
	defer func() {
		_ = listener.Process.Kill()
		_ = listener.Wait()
	}()
	address, err := t.addressOf(ctx, server)
	if err != nil {
		return err
	}
	if err := listenerAnswers(ctx, netip.AddrPortFrom(address, listenerPort), nonce); err != nil {
		return fmt.Errorf("the test listener in a container does not answer its host: %w", err)
	}
	t.run(ctx, "by name", "", []string{"--network", ours}, "contained", "ask", server+":"+port)
	t.run(ctx, "by name from another network", "", []string{"--network", other}, "contained", "ask", server+":"+port)
	t.run(ctx, "by address from another network", "", []string{"--network", other}, "contained", "ask", address.String()+":"+port)
	return nil
}

// addressOf returns the IPv4 address of a container on its only network.
func (t *containerTrial) addressOf(ctx context.Context, container string) (netip.Addr, error) {
	text, err := t.docker(ctx, nil, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.ParseAddr(text)
}

// volume writes to a volume in one container, and reads it in another.
func (t *containerTrial) volume(ctx context.Context, nonce string) error {
	const name, file = "cairn-look", "/kept/nonce"
	if _, err := t.docker(ctx, nil, "volume", "create", "--label", containerLabel+"=volume", name); err != nil {
		return err
	}
	mounted := []string{"--network", "none", "--mount", "type=volume,source=" + name + ",target=/kept"}
	if _, err := t.docker(ctx, []byte(nonce), t.container(mounted, "contained", "write", file)...); err != nil {
		return err
	}
	t.run(ctx, "read by another container", "", mounted, "contained", "read", file)
	return nil
}

// openContained opens a test listener in a container that publishes the port, on all
// addresses of the host.
func (s *session) openContained(ctx context.Context, request wire.ListenRequest) (uint16, func(), error) {
	port, err := freePort(request.Port)
	if err != nil {
		return 0, nil, err
	}
	t, err := s.beginTrial(ctx)
	var listener *exec.Cmd
	stop := func() {
		if listener != nil {
			_ = listener.Process.Kill()
			_ = listener.Wait()
		}
		t.end(ctx)
	}
	const name = "cairn-look-published"
	if err == nil {
		options := []string{"--name", name, "--publish", fmt.Sprintf("%d:%d", port, listenerPort)}
		listener, err = startListener(append([]string{"docker"}, t.container(options, "listen", fmt.Sprintf(":%d", listenerPort))...), request.Nonce)
	}
	if err == nil {
		err = t.answersPublished(ctx, name, request.Nonce)
	}
	if err != nil {
		stop()
		return 0, nil, err
	}
	return port, stop, nil
}

// answersPublished makes sure that the listener works. Otherwise its silence would
// prove nothing.
func (t *containerTrial) answersPublished(ctx context.Context, container, nonce string) error {
	address, err := t.addressOf(ctx, container)
	if err != nil {
		return err
	}
	return listenerAnswers(ctx, netip.AddrPortFrom(address, listenerPort), nonce)
}
