package resource

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// portPlan is what the SSH server's files must contain for it to listen only on
// certain ports.
type portPlan struct {
	own     []SSHOption       // Port statements of the drop-in
	foreign map[string][]byte // new contents of other files
}

// portPlan makes the plan. What the owner's files say already stays there. An
// unwanted Port of theirs becomes a comment. The error names what only the owner
// can change.
func (s SSHDropin) portPlan(ctx context.Context, sys *system.System) (portPlan, error) {
	if len(s.Ports) == 0 {
		return portPlan{}, nil
	}
	settings, err := sshdFiles(sys, map[string][]byte{s.path(): nil}).ReadServer(SSHServer(ctx, sys))
	if err != nil {
		return portPlan{}, err
	}
	plan := portPlan{foreign: map[string][]byte{}}
	var theirs []string
	for _, o := range settings {
		switch {
		case o.Keyword == "port" && len(o.Args) > 0 && s.wants(o.Args[0]):
			theirs = append(theirs, o.Args[0])
		case o.Keyword == "port" && o.Command, o.Keyword == "listenaddress" && !s.wantsAddress(o):
			return portPlan{}, fmt.Errorf("%s says %s %s, and the SSH server is to listen on %s: take the port out of that line", o.Place(), o.Keyword, o.Value(), s.portWords())
		case o.Keyword == "port":
			if err := plan.comment(sys, o); err != nil {
				return portPlan{}, err
			}
		}
	}
	if len(theirs) == 0 && slices.Equal(s.Ports, []uint16{sshdconf.DefaultPort}) {
		return plan, nil // sshd's default port
	}
	for _, port := range s.Ports {
		if text := strconv.Itoa(int(port)); !slices.Contains(theirs, text) {
			plan.own = append(plan.own, SSHOption{"Port", text})
		}
	}
	return plan, nil
}

func (s SSHDropin) wants(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && slices.Contains(s.Ports, uint16(n))
}

// wantsAddress reports whether a ListenAddress names no port, or a wanted one.
func (s SSHDropin) wantsAddress(o sshdconf.Setting) bool {
	port, own := sshdconf.PortOf(o.Value())
	return !own || slices.Contains(s.Ports, port)
}

// comment turns a line into a comment.
func (p *portPlan) comment(sys *system.System, o sshdconf.Setting) error {
	content, edited := p.foreign[o.File]
	if !edited {
		var err error
		if content, _, err = sys.Read(o.File); err != nil {
			return err
		}
	}
	lines := slices.Collect(strings.Lines(string(content)))
	lines[o.Line-1] = "#" + lines[o.Line-1]
	p.foreign[o.File] = []byte(strings.Join(lines, ""))
	return nil
}

func (s SSHDropin) portWords() string {
	words := make([]string, len(s.Ports))
	for i, port := range s.Ports {
		words[i] = strconv.Itoa(int(port))
	}
	return strings.Join(words, " and ")
}

// withPorts returns the drop-in with the Port statements that it needs on this
// host.
func (s SSHDropin) withPorts(ctx context.Context, sys *system.System) (SSHDropin, portPlan, error) {
	plan, err := s.portPlan(ctx, sys)
	s.Options = slices.Concat(plan.own, s.Options)
	return s, plan, err
}

// listening compares the ports on which the server listens with the wanted ones.
func (s SSHDropin) listening(ctx context.Context, sys *system.System) (property, error) {
	have, err := sshPorts(ctx, sys)
	if err != nil {
		return property{}, err
	}
	return property{"listens on port", SSHDropin{Ports: have}.portWords(), s.portWords()}, nil
}

// sshPorts returns the ports of the SSH server, from its socket or files.
func sshPorts(ctx context.Context, s *system.System) ([]uint16, error) {
	socket, err := sshSocket(ctx, s)
	if err != nil || socket.listens {
		return socket.ports(), err
	}
	settings, err := sshdFiles(s, nil).ReadServer(SSHServer(ctx, s))
	return sshdconf.Ports(settings), err
}

// put writes the owner's files.
func (p portPlan) put(sys *system.System) error {
	for _, file := range slices.Sorted(maps.Keys(p.foreign)) {
		_, have, _, err := sys.Stat(file)
		if err != nil {
			return err
		}
		if err := sys.Write(file, p.foreign[file], have); err != nil {
			return err
		}
	}
	return nil
}
