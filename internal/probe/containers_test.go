package probe

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// sight is a host's answer to a look at its containers.
func sight(t *testing.T, look wire.ContainerLook) wire.ReadReply {
	t.Helper()
	body, err := wire.Encode(look)
	if err != nil {
		t.Fatal(err)
	}
	return wire.ReadReply{Output: body}
}

func seen(pairs ...string) []wire.Seen {
	var all []wire.Seen
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, wire.Seen{What: pairs[i], Came: pairs[i+1]})
	}
	return all
}

// TestContainers covers what is made of what a host saw. Tests on real hosts check
// that it sees right.
func TestContainers(t *testing.T) {
	const nonce, timeout = "NONCE", "dial tcp 172.31.0.2:7007: i/o timeout"
	stopped := wire.ContainerLook{Trouble: "docker version: Cannot connect to the Docker daemon"}
	talks := func(name, byName, byAddress string) wire.ContainerLook {
		return wire.ContainerLook{Docker: "26.1", Seen: seen("by name", name, "by name from another network", byName, "by address from another network", byAddress)}
	}
	for _, c := range []struct {
		probe, read, name string
		look              wire.ContainerLook
		want              evidence.Outcome
		reason            string
	}{
		{"container-runs", "container-runs", "it runs", wire.ContainerLook{Docker: "26.1", Seen: seen("printed", nonce)}, evidence.Proven, ""},
		{"container-runs", "container-runs", "another answer", wire.ContainerLook{Seen: seen("printed", "docker run: no space left")}, evidence.Refuted, "no space left"},
		{"container-runs", "container-runs", "the daemon is stopped", stopped, evidence.Refuted, "Cannot connect"},
		{"container-runs", "container-runs", "nothing was tried", wire.ContainerLook{}, evidence.Unproven, "did not try"},
		{"containers-reach", "container-networks", "it answers", talks(nonce, "no such host", timeout), evidence.Proven, ""},
		{"containers-reach", "container-networks", "it does not", talks(timeout, "no such host", timeout), evidence.Refuted, "timeout"},
		{"containers-reach", "container-networks", "the daemon is stopped", stopped, evidence.Unproven, "Cannot connect"},
		{"containers-apart", "container-networks", "it does not answer", talks(nonce, "no such host", timeout), evidence.Proven, ""},
		{"containers-apart", "container-networks", "it answers by address", talks(nonce, "no such host", nonce), evidence.Refuted, "by address from another network came"},
		{"containers-apart", "container-networks", "it answers by name", talks(nonce, nonce, timeout), evidence.Refuted, "by name from another network came"},
		{"volume-keeps", "container-volume", "it is kept", wire.ContainerLook{Seen: seen("read by another container", nonce)}, evidence.Proven, ""},
		{"volume-keeps", "container-volume", "an old one", wire.ContainerLook{Seen: seen("read by another container", "OLD")}, evidence.Refuted, "OLD"},
	} {
		t.Run(c.probe+", "+c.name, func(t *testing.T) {
			target := factsTarget(healthyFacts())
			target.Nonce = nonce
			target.Inside = hostReport{reads: map[string]wire.ReadReply{c.read: sight(t, c.look), "group-members": {Output: []byte("docker:x:103:ann,bob\n")}}}
			p, _ := Find(All(), c.probe)
			got := p.Look(context.Background(), hostVantage{name: "atlas"}, target)
			if got.Outcome != c.want || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%s, %q, want %s, %q", got.Outcome, got.Reason, c.want, c.reason)
			}
			if c.probe == "container-runs" && c.want != evidence.Unproven && !strings.Contains(evidenceText(got.Observed), "in the group docker=ann,bob") {
				t.Errorf("it does not say who may use Docker: %v", got.Observed)
			}
		})
	}
}

func evidenceText(all []evidence.Field) string {
	var words []string
	for _, f := range all {
		words = append(words, f.Name+"="+f.Value)
	}
	return strings.Join(words, " ")
}

// refusingVantage gets no connection.
type refusingVantage struct{ hostVantage }

func (refusingVantage) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, syscall.ECONNREFUSED
}

// TestTakenPort covers a port that a container has published, and at which it answers
// nothing. A look cannot have it, and nothing is wrong.
func TestTakenPort(t *testing.T) {
	for cause, want := range map[string]evidence.Outcome{
		"listen tcp :443: bind: address already in use": evidence.Proven,
		"listen tcp :443: bind: permission denied":      evidence.Unproven,
	} {
		target := factsTarget(healthyFacts())
		target.Expect.Openings = []lab.Opening{{Protocol: "tcp", Port: 443}}
		target.Inside = hostReport{listener: wire.ListenReply{Failure: &wire.Failure{Summary: "no test listener could be opened", Cause: cause}}}
		got := containerPortOpen(t.Context(), refusingVantage{hostVantage{name: "visitor"}}, target)
		if got.Outcome != want {
			t.Errorf("%s: %s, %q, %v", cause, got.Outcome, got.Reason, got.Observed)
		}
	}
}
