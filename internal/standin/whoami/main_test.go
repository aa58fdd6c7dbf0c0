package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answer.StatusCode, " ", string(body))
}

func TestPaths(t *testing.T) {
	server := httptest.NewServer(paths("atlas"))
	defer server.Close()
	for path, want := range map[string]string{
		"/some/path?x=1":         "GET /some/path?x=1 HTTP/1.1\r\n",
		"/":                      "200 Name: atlas\nHostname: ",
		"/api":                   `"method":"GET","name":"atlas"`,
		"/bench":                 "200 1",
		"/data?size=3":           "200 ABC",
		"/data?size=-3&unit=KB":  "200 ",
		"/echo":                  "400 this is no WebSocket",
		"/health":                "200 ",
		"/?wait=1ms&env=nothing": "RemoteAddr: 127.0.0.1:",
	} {
		if got := get(t, server.URL+path); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := len(get(t, server.URL+"/data?size=2&unit=kB")); got != len("200 ")+2048 {
		t.Errorf("2 kB are %d bytes", got)
	}
	for _, c := range []struct{ set, want string }{{"503", "503 "}, {"nothing", "503 "}, {"200", "200 "}} {
		answer, err := http.Post(server.URL+"/health", "text/plain", strings.NewReader(c.set))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if got := get(t, server.URL+"/health"); got != c.want {
			t.Errorf("after %q the health is %q, want %q", c.set, got, c.want)
		}
	}
}

// TestEcho speaks WebSocket with the example of RFC 6455, sections 1.3 and 5.7.
func TestEcho(t *testing.T) {
	server := httptest.NewServer(paths(""))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("%s, %v", answer.Status, answer.Header)
	}
	long := strings.Repeat("a", 300)
	for sent, want := range map[string]string{
		"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58": "\x81\x05Hello",
		"\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58": "\x8a\x05Hello", // a ping
		"\x82\xfe\x01\x2c\x00\x00\x00\x00" + long:      "\x82\x7e\x01\x2c" + long,
	} {
		fmt.Fprint(conn, sent)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(reader, got); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	fmt.Fprint(conn, "\x88\x80\x00\x00\x00\x00")
	if rest, err := io.ReadAll(reader); err != nil || string(rest) != "\x88\x00" {
		t.Errorf("after a close came %q, %v", rest, err)
	}
}
