package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// containerRuns lets Docker run an image. It also reports who may use Docker, since
// they are as good as root (docs.docker.com, "Manage Docker as a non-root user").
func containerRuns(ctx context.Context, _ Vantage, target Target) Finding {
	seen, err := containersOn(ctx, target, "container-runs")
	if err != nil {
		return blind(err.Error())
	}
	members, err := dockerGroup(ctx, target)
	if err != nil {
		return blind(err.Error())
	}
	observed := fields("Docker", wordOr(seen.Docker, "no answer"), "in the group docker", members)
	if seen.Trouble != "" {
		// No container can be made. That is a result.
		return judged(fields("a container", "runs"), observed, seen.Trouble)
	}
	return seen.judge(observed, want{"printed", target.Nonce, true})
}

// dockerGroup lists the members of the group docker.
func dockerGroup(ctx context.Context, target Target) (string, error) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "group-members", Args: []string{"docker"}})
	if err != nil || reply.Failure != nil {
		return "", fmt.Errorf("cannot read who is in the group docker: %s", readError(err, reply))
	}
	fields := strings.Split(strings.TrimSpace(string(reply.Output)), ":")
	return wordOr(fields[len(fields)-1], "nobody"), nil
}

// containersReach lets one container ask another on the same network, by its name.
func containersReach(ctx context.Context, _ Vantage, target Target) Finding {
	return networks(ctx, target, want{"by name", target.Nonce, true})
}

// containersApart lets a container ask one on another network.
func containersApart(ctx context.Context, _ Vantage, target Target) Finding {
	return networks(ctx, target, want{"by name from another network", target.Nonce, false}, want{"by address from another network", target.Nonce, false})
}

func networks(ctx context.Context, target Target, wants ...want) Finding {
	return containersLook(ctx, target, "container-networks", wants...)
}

// volumeKeeps writes to a volume in one container, and reads it in another.
func volumeKeeps(ctx context.Context, _ Vantage, target Target) Finding {
	return containersLook(ctx, target, "container-volume", want{"read by another container", target.Nonce, true})
}

func containersLook(ctx context.Context, target Target, name string, wants ...want) Finding {
	seen, err := containersOn(ctx, target, name)
	if err == nil && seen.Trouble != "" {
		err = fmt.Errorf("no container can be looked at: %s", seen.Trouble)
	}
	if err != nil {
		return blind(err.Error())
	}
	return seen.judge(fields("Docker", seen.Docker), wants...)
}

// containerSight is what the host saw of its containers.
type containerSight struct{ wire.ContainerLook }

func containersOn(ctx context.Context, target Target, name string) (seen containerSight, err error) {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: name, Args: []string{target.Nonce}})
	if err != nil || reply.Failure != nil {
		return seen, fmt.Errorf("the host cannot look at its containers: %s", readError(err, reply))
	}
	return seen, wire.Decode(reply.Output, &seen.ContainerLook)
}

// want is one attempt, and whether it should have brought the nonce.
type want struct {
	what, nonce string
	comes       bool
}

// judge compares what each attempt brought with what it should have brought.
func (s containerSight) judge(observed []evidence.Field, wants ...want) Finding {
	expected := fields()
	var wrong []string
	for _, w := range wants {
		i := slices.IndexFunc(s.Seen, func(seen wire.Seen) bool { return seen.What == w.what })
		if i < 0 {
			return blind("the host did not try this: "+w.what, observed...)
		}
		came := s.Seen[i].Came
		expected = append(expected, fields(w.what, map[bool]string{true: w.nonce, false: "not " + w.nonce}[w.comes])...)
		observed = append(observed, fields(w.what, came)...)
		if (came == w.nonce) != w.comes {
			wrong = append(wrong, fmt.Sprintf("%s came %q", w.what, came))
		}
	}
	return judged(expected, observed, wrong...)
}

// containerPortClosed is [publishedPortIsSilent] with a container of Docker.
func containerPortClosed(ctx context.Context, from Vantage, target Target) Finding {
	return denied(ctx, from, target, wire.ListenRequest{Container: true})
}

// containerPortOpen publishes a declared port from a container and reaches it. It takes
// a port at which no service answers yet.
func containerPortOpen(ctx context.Context, from Vantage, target Target) Finding {
	address := target.Host.At()
	expected, observed := fields(), fields()
	for _, port := range openPorts(target, "tcp", address) {
		if port == target.Host.Port || port == target.Port {
			continue
		}
		name, at := fmt.Sprintf("port %d", port), netip.AddrPortFrom(address, port).String()
		if conn, err := dialBriefly(ctx, from, "tcp", at); err == nil {
			_ = conn.Close()
			observed = append(observed, fields(name, "a service answers there already")...)
			continue
		}
		listener, stop, err := target.Inside.Listen(ctx, wire.ListenRequest{Network: "tcp" + suffixOf(address), Port: port, Nonce: target.Nonce, Container: true})
		// Docker holds a published port also while nothing in its container answers.
		if err == nil && listener.Failure != nil && strings.Contains(listener.Failure.Cause, syscall.EADDRINUSE.Error()) {
			observed = append(observed, fields(name, "another program has it already")...)
			continue
		}
		if err != nil || listener.Failure != nil {
			return blind("cannot publish a port from a container: "+listenerError(err, listener), observed...)
		}
		answer := askListener(ctx, from, at)
		if err := stop(); err != nil {
			return blind("the container did not last: " + err.Error())
		}
		expected, observed = append(expected, fields(name, target.Nonce)...), append(observed, fields(name, answer)...)
		if !strings.Contains(answer, target.Nonce) {
			return judged(expected, observed, fmt.Sprintf("port %d is declared open, and a container that publishes it cannot be reached", port)+alsoFiltered(ctx, target))
		}
		return judged(expected, observed)
	}
	if len(observed) == 0 {
		observed = fields("declared ports beside SSH", "none, so none has to answer")
	}
	return judged(expected, observed)
}
