// Command whoami answers with what it was asked, on the paths and in the forms of
// traefik/whoami that a route can be tried with. It is a stand-in for that program
// and none of its code: its text is packed into Cairn, which builds it for a
// rehearsal. So it uses the standard library alone.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	port := flag.String("port", or(os.Getenv("WHOAMI_PORT_NUMBER"), "80"), "the port to listen on")
	name := flag.String("name", os.Getenv("WHOAMI_NAME"), "a name to tell")
	flag.Parse()
	log.Printf("a stand-in for whoami listens on port %s", *port)
	log.Fatal(http.ListenAndServe(":"+*port, paths(*name)))
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// paths are those that it answers.
func paths(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { tell(w, r, name) })
	mux.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) { tellJSON(w, r, name) })
	mux.HandleFunc("/bench", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "1") })
	mux.HandleFunc("/data", data)
	mux.HandleFunc("/health", new(health).serve)
	mux.HandleFunc("/echo", echo)
	return mux
}

// tell answers with the request itself, body included.
func tell(w http.ResponseWriter, r *http.Request, name string) {
	if pause, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil {
		time.Sleep(pause)
	}
	if name != "" {
		fmt.Fprintln(w, "Name:", name)
	}
	hostname, _ := os.Hostname()
	fmt.Fprintln(w, "Hostname:", hostname)
	for _, address := range addresses() {
		fmt.Fprintln(w, "IP:", address)
	}
	fmt.Fprintln(w, "RemoteAddr:", r.RemoteAddr)
	_ = r.Write(w)
}

func tellJSON(w http.ResponseWriter, r *http.Request, name string) {
	hostname, _ := os.Hostname()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_ = json.NewEncoder(w).Encode(struct {
		Hostname   string      `json:"hostname,omitempty"`
		IP         []string    `json:"ip,omitempty"`
		Headers    http.Header `json:"headers,omitempty"`
		URL        string      `json:"url,omitempty"`
		Host       string      `json:"host,omitempty"`
		Method     string      `json:"method,omitempty"`
		Name       string      `json:"name,omitempty"`
		RemoteAddr string      `json:"remoteAddr,omitempty"`
	}{hostname, addresses(), r.Header, r.URL.RequestURI(), r.Host, r.Method, name, r.RemoteAddr})
}

func addresses() (all []string) {
	found, _ := net.InterfaceAddrs()
	for _, address := range found {
		if in, is := address.(*net.IPNet); is {
			all = append(all, in.IP.String())
		}
	}
	return all
}

// data answers with as much as was asked for, such as /data?size=3&unit=MB.
func data(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
	if err != nil {
		size = 1
	}
	shift := map[string]int{"kb": 10, "mb": 20, "gb": 30, "tb": 40}[strings.ToLower(r.URL.Query().Get("unit"))]
	_, _ = io.CopyN(w, letters{}, max(size, 0)<<shift)
}

// letters never ends.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A' + byte(i%26)
	}
	return len(p), nil
}

// health is the status that /health answers with. A POST sets it.
type health struct{ status atomic.Int64 }

func (h *health) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(int(max(h.status.Load(), http.StatusOK)))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 16))
	status, bad := strconv.Atoi(strings.TrimSpace(string(body)))
	if err != nil || bad != nil || status < http.StatusOK || status > 999 {
		http.Error(w, "the body is no status", http.StatusBadRequest)
		return
	}
	h.status.Store(int64(status))
}

// echo sends back the messages of a WebSocket (RFC 6455).
func echo(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Sec-WebSocket-Key")
	hijacker, may := w.(http.Hijacker)
	if key == "" || !may || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		http.Error(w, "this is no WebSocket", http.StatusBadRequest)
		return
	}
	conn, stream, err := hijacker.Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // section 1.3
	fmt.Fprintf(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	for stream.Flush() == nil && echoFrame(stream) == nil {
	}
}

// echoFrame reads a frame and writes it without its mask (section 5.2). A ping gets
// a pong, and a close its like.
func echoFrame(stream *bufio.ReadWriter) error {
	const opcode, ping, pong, closing, masked = 0x0f, 0x9, 0xa, 0x8, 0x80
	head := make([]byte, 2)
	if _, err := io.ReadFull(stream, head); err != nil {
		return err
	}
	length := uint64(head[1] &^ masked)
	size := map[uint64]int{126: 2, 127: 8}[length]
	extended := make([]byte, 8)
	if _, err := io.ReadFull(stream, extended[8-size:]); err != nil {
		return err
	}
	if size > 0 {
		length = binary.BigEndian.Uint64(extended)
	}
	if length > 64<<20 || head[1]&masked == 0 {
		return io.ErrUnexpectedEOF // section 5.1: a client masks all that it sends
	}
	content := make([]byte, 4+length)
	if _, err := io.ReadFull(stream, content); err != nil {
		return err
	}
	mask, content := content[:4], content[4:]
	for i := range content {
		content[i] ^= mask[i%4]
	}
	if head[0]&opcode == ping {
		head[0] = head[0]&^opcode | pong
	}
	head[1] &^= masked
	_, err := stream.Write(append(append(head, extended[8-size:]...), content...))
	if head[0]&opcode == closing {
		_ = stream.Flush()
		return io.EOF
	}
	return err
}
