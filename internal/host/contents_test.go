package host

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"cairn/internal/resource"
)

// counted forwards connections to the machine, and counts what the controller sends.
func (m *machine) counted(sent *atomic.Int64) (port uint16) {
	m.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(m.t, err)
	m.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", m.endpoint())
			if err != nil {
				_ = from.Close()
				continue
			}
			go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
			go func() { _, _ = io.Copy(to, io.TeeReader(from, counter{sent})); _ = to.Close() }()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

type counter struct{ *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.Add(int64(len(p)))
	return len(p), nil
}

// 200 MiB of files are checked twice for what their hashes take on the wire.
func TestChecksSendNoContents(t *testing.T) {
	m := boot(t, "yes 0123456 | head -c 104857600 >/srv/same; cp /srv/same /srv/other; echo more >>/srv/other; chmod 600 /srv/same /srv/other")
	var sent atomic.Int64
	h := m.as("root")
	h.Port = m.counted(&sent)
	s := m.connect(m.connector(nil), h, Login{User: "root"})
	content := bytes.Repeat([]byte("0123456\n"), 100<<20/8)
	specs := []resource.Spec{
		encoded(t, resource.File{Path: "/srv/same", Content: content, Mode: 0o600}), encoded(t, resource.File{Path: "/srv/other", Content: content, Mode: 0o600}),
	}
	before := sent.Load()
	for range 2 {
		results, err := s.Check(t.Context(), specs)
		must(t, err)
		same, other := results[0], results[1]
		if same.Failure != nil || !same.Diff.Empty() || other.Failure != nil || len(other.Diff.Changes) != 1 {
			t.Fatalf("the host answers %+v", results)
		}
	}
	if used := sent.Load() - before; used > 4096 {
		t.Errorf("two checks of 200 MiB sent %d octets", used)
	}
}
