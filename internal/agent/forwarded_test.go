package agent

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// inNamespace says that this process is the test inside a network of its own.
const inNamespace = "CAIRN_TEST_NAMESPACE"

func TestMain(m *testing.M) {
	// The agent calls itself to answer inside a listener's namespace.
	if len(os.Args) == 5 && os.Args[3] == "listen" {
		nonce, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		if err := TestListener(context.Background(), os.Args[4], strings.TrimSpace(nonce), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// alone runs the test again in network and mount namespaces of its own. It reports
// whether this is that run.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	for _, program := range []string{"unshare", "ip", "nft"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	if out, err := exec.Command("unshare", "--net", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("no namespaces can be made here: %s", out)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--net", "--mount", "sh", "-ec",
		`mount -t tmpfs none /run; mount -t sysfs none /sys; ip link set lo up; ip link add out type veth peer name far; ip link set out up; echo 0 >/proc/sys/net/ipv4/conf/out/forwarding; exec "$0" -test.run "^$1\$"`, program, t.Name())
	cmd.Env = append(os.Environ(), inNamespace+"=yes")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// newHost is the agent of the namespace in which the test runs.
func newHost(t *testing.T) *Agent {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Agent{System: system.NewLocal(), State: t.TempDir(), Program: program, Now: time.Now}
}

// stand opens a forwarded test listener and returns the function that removes it.
func stand(t *testing.T, a *Agent, network, nonce string) func() {
	t.Helper()
	_, stop, err := (&session{Agent: a}).openForwarded(t.Context(), wire.ListenRequest{Network: network, Nonce: nonce, Forwarded: true})
	if err != nil {
		t.Fatalf("listener %s: %v", nonce, err)
	}
	return stop
}

// says returns the listener's answer at a place.
func says(t *testing.T, number int, match string) string {
	t.Helper()
	_, inside := (&listenerPlace{number: number}).networks(match)
	out, err := exec.Command("ip", "netns", "exec", (&listenerPlace{number: number}).name(), "ss", "-Hltn").Output()
	if err != nil {
		return err.Error()
	}
	fields := strings.Fields(string(out))
	if len(fields) < 4 || !strings.HasPrefix(fields[3], inside.Addr().String()) {
		return string(out)
	}
	conn, err := net.DialTimeout("tcp", fields[3], 2*time.Second)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

// TestForwardedListenersSideBySide looks at a host twice at once. Then a third
// controller comes and finds both listeners.
func TestForwardedListenersSideBySide(t *testing.T) {
	if !alone(t) {
		return
	}
	a := newHost(t)
	first := stand(t, a, "tcp4", "one")
	second := stand(t, a, "tcp4", "two")
	a.removeLeftovers(t.Context())
	for number, nonce := range []string{"one", "two"} {
		if got := says(t, number, "ip"); got != nonce {
			t.Errorf("listener %s says %q", nonce, got)
		}
	}
	first()
	if got := says(t, 1, "ip"); got != "two" {
		t.Errorf("after the first was taken away the second says %q", got)
	}
	if got := forwarding(t, "out"); got != "1" {
		t.Errorf("forwarding was turned off while a listener needs it: %s", got)
	}
	second()
	if got := forwarding(t, "out"); got != "0" {
		t.Errorf("forwarding was left on: %s", got)
	}
	nothingLeft(t)
}

// TestLeftoversOfAKilledAgentGo kills an agent. The kernel releases its lock, and
// the next session removes its listener.
func TestLeftoversOfAKilledAgentGo(t *testing.T) {
	if !alone(t) {
		return
	}
	a := newHost(t)
	place, err := a.takeListenerPlace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{place.name(), listenerName + "oldie"} {
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	place.leave()
	a.removeLeftovers(t.Context())
	nothingLeft(t)
}

func forwarding(t *testing.T, link string) string {
	t.Helper()
	value, err := os.ReadFile("/proc/sys/net/ipv4/conf/" + link + "/forwarding")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(value))
}

// nothingLeft fails if the namespace still has something of a listener.
func nothingLeft(t *testing.T) {
	t.Helper()
	for _, argv := range [][]string{{"ip", "netns"}, {"ip", "link"}, {"nft", "list", "tables"}} {
		out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
		if err != nil || strings.Contains(string(out), listenerName) {
			t.Errorf("%q: %v\n%s", argv, err, out)
		}
	}
}
