package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// procNetTCP and the others come from a real host (Linux 6.18), shortened. sshd
// and systemd-resolved listen, and one connection is established.
const (
	procNetTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 11 1 0000000000000000 100 0 0 10 5
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0000000000000000 100 0 0 10 0
   2: 0A00540A:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0000000000000000 100 0 0 10 0
   3: 0A00540A:0016 0100540A:D431 01 00000000:00000000 02:000A8F0C 00000000     0        0 14 2 0000000000000000 20 4 29 10 -1
`
	procNetTCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16 1 0000000000000000 100 0 0 10 0
   2: 000084FD000000000000000010000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0000000000000000 100 0 0 10 0
`
	procNetUDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
   10: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 18 2 0000000000000000 0
   11: 00000000:CA6C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 0 2 0000000000000000 0
   12: 00000000:D000 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19 2 0000000000000000 0
   13: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20 2 0000000000000000 0
`
)

// tree is a host's files for a test.
func tree(t *testing.T, files map[string]string, links map[string]string) *Agent {
	t.Helper()
	root := t.TempDir()
	for path, content := range files {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755))
		must(t, os.WriteFile(filepath.Join(root, path), []byte(content), 0o644))
	}
	for path, to := range links {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755))
		must(t, os.Symlink(to, filepath.Join(root, path)))
	}
	return &Agent{System: &system.System{Root: root}, Now: time.Now}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestListeners leaves out sockets on the loopback and sockets that only wait for
// answers. A socket that systemd holds for a program counts as that program's.
func TestListeners(t *testing.T) {
	a := tree(t, map[string]string{
		"/proc/net/tcp": procNetTCP, "/proc/net/tcp6": procNetTCP6, "/proc/net/udp": procNetUDP,
		"/proc/1/comm": "systemd\n", "/proc/200/comm": "jellyfin\n", "/proc/300/comm": "avahi-daemon\n",
	}, map[string]string{
		"/proc/1/fd/3": "socket:[12]", "/proc/200/fd/3": "socket:[12]", "/proc/200/fd/4": "socket:[15]", "/proc/300/fd/1": "socket:[20]", "/proc/300/fd/2": "/dev/null",
	})
	want := []wire.Listener{
		{Protocol: "udp", Port: 5353, Program: "avahi-daemon"},
		{Protocol: "tcp", Port: 8080, Program: "jellyfin"},
		{Protocol: "tcp", Port: 9000, Addresses: []string{"10.84.0.10", "fd84::10"}},
		{Protocol: "udp", Port: 51820},
	}
	if diff := cmp.Diff(want, a.listeners()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPublished reads the output of nft and iptables about containers.
func TestPublished(t *testing.T) {
	got := parsePublished(`
		ip saddr 172.17.0.0/16 oifname != "docker0" counter packets 0 bytes 0 masquerade
		iifname != "docker0" tcp dport 8080 counter packets 0 bytes 0 dnat to 172.17.0.2:80
		meta l4proto udp ip daddr 10.84.0.10 udp dport 53 counter packets 0 bytes 0 dnat ip to 172.18.0.3:53
		tcp dport 22 accept
		ip daddr 127.0.0.11 tcp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:39975
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 172.17.0.4:443
-A DOCKER -d 172.17.0.4/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
`)
	want := []wire.Listener{
		{Protocol: "udp", Port: 53, To: "172.18.0.3:53"}, {Protocol: "tcp", Port: 8080, To: "172.17.0.2:80"}, {Protocol: "tcp", Port: 8443, To: "172.17.0.4:443"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAllowed reads ufw's rules, as ufw 0.36.2 writes them, and firewalld's zones.
func TestAllowed(t *testing.T) {
	files := map[string]string{
		"/etc/ufw/ufw.conf": "# comment\nENABLED=yes\nLOGLEVEL=low\n",
		"/etc/ufw/user.rules": `*filter
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### allow any 53 0.0.0.0/0 any 192.168.1.0/24 in
### tuple ### deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### limit tcp 8000:8010 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 WWW%20Full - in
### tuple ### allow any any 0.0.0.0/0 any 10.0.0.0/8 in
`,
		"/etc/ufw/user6.rules":                 "### tuple ### allow tcp 22 ::/0 any ::/0 in\n",
		"/run/firewalld.pid":                   "1\n",
		"/etc/firewalld/zones/public.xml":      `<zone><service name="http"/><port port="9090-9091" protocol="udp"/><forward/></zone>`,
		"/usr/lib/firewalld/services/http.xml": `<service><short>WWW (HTTP)</short><port protocol="tcp" port="80"/></service>`,
	}
	var got []string
	for _, a := range tree(t, files, nil).allowed() {
		got = append(got, a.By+" "+a.String())
	}
	want := []string{"ufw 22/tcp", "ufw 53/tcp", "ufw 53/udp", "firewalld 80/tcp", "ufw 80/tcp", "ufw 443/tcp", "ufw 8000-8010/tcp", "firewalld 9090-9091/udp"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	delete(files, "/run/firewalld.pid")
	files["/etc/ufw/ufw.conf"] = "ENABLED=no\n"
	if off := tree(t, files, nil).allowed(); len(off) > 0 {
		t.Errorf("filters that are turned off let in %v", off)
	}
}
