package agent

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"cairn/internal/agent/guard"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// readCommand is a program that only reads, with places for arguments.
type readCommand struct {
	argv func(args []string) []string
	args int
}

// readCommands are the only commands that can be run over a session.
var readCommands = map[string]readCommand{
	// Lines with their numbers; see AUTHORIZED_KEYS FILE FORMAT in sshd(8).
	"authorized-keys": {func(a []string) []string {
		return []string{"sh", "-c", `grep -n "" "$(getent passwd "$0" | cut -d: -f6)/.ssh/authorized_keys"`, a[0]}
	}, 1},
	"apt-settings":  {func([]string) []string { return []string{"apt-config", "dump"} }, 0},
	"unit-active":   {func(a []string) []string { return []string{"systemctl", "is-active", a[0]} }, 1},
	"group-members": {func(a []string) []string { return []string{"getent", "group", a[0]} }, 1},
	"ping": {func(a []string) []string {
		return []string{"ping", "-n", "-q", "-c", "10", "-i", "0.2", "-w", "10", a[0]}
	}, 1},
	// The segments that came into the network of a container (RFC 4022, tcpInSegs).
	"container-segments": {func(a []string) []string {
		const script = `pid=$(docker inspect --type container --format '{{.State.Pid}}' "$0") && [ "$pid" -gt 0 ] &&
			awk '/^Tcp:/ { if (!n) { for (i = 1; i <= NF; i++) if ($i == "InSegs") n = i } else print $n }' "/proc/$pid/net/snmp"`
		return []string{"sh", "-c", script, a[0]}
	}, 1},
	// What the containers of a service run: the image's name, and its names with digests.
	wire.ReadServiceImages: {func(a []string) []string {
		const script = `docker ps --all --quiet --filter "label=$0=$1" | xargs -r docker inspect --format '{{.Config.Image}} {{.Image}}' | while read -r name id; do
			docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$id" | sed -n "s|^.*@|$name |p"; done`
		return []string{"sh", "-c", script, resource.LabelService, a[0]}
	}, 1},
	"resolve": {func(a []string) []string { return []string{"getent", "ahosts", a[0]} }, 1},
}

// plainWord matches valid arguments. An argument cannot become an option, a list or
// a second word.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:-]*$`)

// sshdEffective has sshd print the options in force for a connection.
func (s *session) sshdEffective(ctx context.Context) readCommand {
	return readCommand{func(a []string) []string {
		port, _ := strconv.ParseUint(a[4], 10, 16)
		login := sshdconf.Login{User: a[0], Host: a[1], Peer: a[2], Local: a[3], Port: uint16(port)}
		return resource.SSHDTells(login, resource.SSHDOptions(ctx, s.System))
	}, 5}
}

func (s *session) read(ctx context.Context, request wire.ReadCommand) wire.ReadReply {
	switch request.Name {
	case "firewall-state":
		return s.firewallState(ctx)
	case "sleeping-keys":
		return s.sleepingKeys(ctx)
	case wire.ReadRegistryDigest:
		return s.registryDigest(ctx, request.Args)
	case wire.ReadServiceLog:
		return s.serviceLog(ctx, request.Args)
	}
	if look, known := containerLooks[request.Name]; known {
		return s.containerLook(ctx, look, request)
	}
	command, known := readCommands[request.Name]
	if request.Name == "sshd-effective" {
		command, known = s.sshdEffective(ctx), true
	}
	if !known || len(request.Args) != command.args {
		return wire.ReadReply{Failure: failureOf(fmt.Errorf("there is no command %q with %d arguments", request.Name, len(request.Args)))}
	}
	for _, arg := range request.Args {
		if !plainWord.MatchString(arg) {
			return wire.ReadReply{Failure: failureOf(fmt.Errorf("%q is not a plain word", arg))}
		}
	}
	out, err := s.System.Runner.Run(ctx, system.Command{Argv: command.argv(request.Args)})
	if err != nil {
		return wire.ReadReply{Failure: failureOf(problem.Wrap(problem.ResourceFailed, "", request.Name+" could not be run", err))}
	}
	reply := wire.ReadReply{Output: out.Stdout, Exit: out.Exit}
	if out.Exit != 0 {
		reply.Output = append(reply.Output, out.Stderr...)
	}
	return reply
}

// registryDigest asks what the name of an image means at its registry.
func (s *session) registryDigest(ctx context.Context, args []string) wire.ReadReply {
	if len(args) != 1 {
		return wire.ReadReply{Failure: failureOf(fmt.Errorf("%q do not name an image", args))}
	}
	digest, err := resource.RegistryDigest(ctx, args[0])
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	return wire.ReadReply{Output: []byte(digest)}
}

// sleepingKeys lists the accounts with keys that open nothing at present, and the
// number of keys, one account a line.
func (s *session) sleepingKeys(ctx context.Context) wire.ReadReply {
	accounts, _ := guard.Accounts(ctx, s.System, s.login.Peer, s.Now())
	var lines []byte
	for _, a := range accounts {
		if a.Asleep > 0 {
			lines = fmt.Appendf(lines, "%s %d\n", a.Name, a.Asleep)
		}
	}
	return wire.ReadReply{Output: lines}
}
