package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// counted forwards connections to the machine, and counts the bytes that the
// controller sends.
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

const mib = 1 << 20

// randomFile is a file of this machine. It begins with a secret, and then has
// bytes that cannot be compressed.
func randomFile(t *testing.T, size int) resource.Content {
	t.Helper()
	path := filepath.Join(t.TempDir(), "content")
	file, err := os.Create(path)
	must(t, err)
	_, err = io.CopyN(file, io.MultiReader(strings.NewReader(planted), rand.NewChaCha8([32]byte{byte(size)})), int64(size))
	must(t, errors.Join(err, file.Close()))
	content, err := resource.FileContent(path)
	must(t, err)
	return content
}

// agentsPeak is the most memory, in KiB, that an agent of the machine ever had.
func (m *machine) agentsPeak() (peak int) {
	for field := range strings.FieldsSeq(m.sh("for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" != cairn-agent ] || grep VmHWM $p/status; done | tr -dc '0-9\\n'")) {
		kib, _ := strconv.Atoi(field)
		peak = max(peak, kib)
	}
	return peak
}

// TestContentsTravelOnce brings 200 MiB of files to a host. That is more than a
// message, and more than either side has in memory. It then checks them twice, at
// the cost of their hashes.
func TestContentsTravelOnce(t *testing.T) {
	m := boot(t, "")
	var sent atomic.Int64
	h := m.as("root")
	h.Port = m.counted(&sent)
	s := m.connect(m.connector(nil), h, Login{User: "root"})
	big, other := randomFile(t, 150*mib), randomFile(t, 50*mib)
	specs := []resource.Spec{
		encoded(t, resource.File{Path: "/srv/big", Content: big, Mode: 0o600, Sensitive: true}), encoded(t, resource.File{Path: "/srv/other", Content: other, Mode: 0o600}),
		encoded(t, resource.File{Path: "/srv/again", Content: other, Mode: 0o600}), // does not travel twice
	}
	for i := range 200 { // together more than a check may carry
		specs = append(specs, encoded(t, resource.File{Path: fmt.Sprintf("/srv/short-%d", i), Content: resource.Inline(strings.Repeat(fmt.Sprintf("%s %d\n", planted, i), 500)), Mode: 0o600}))
	}
	run := wire.Run{ID: "big", Epoch: 1, Lab: "test"}
	for i, spec := range specs {
		run.Steps = append(run.Steps, wire.Step{ID: fmt.Sprint(i), Task: "t", Resource: spec})
	}
	before, pieces, ours, theirs := sent.Load(), 0, uint64(0), 0
	must(t, s.Start(t.Context(), run, func(done, of int64) {
		if pieces++; pieces%800 == 0 {
			var here runtime.MemStats
			runtime.ReadMemStats(&here)
			ours, theirs = max(ours, here.HeapInuse), max(theirs, m.agentsPeak())
			if found := m.onDisk(); found != "" || done > of || of < 200*mib {
				t.Errorf("after %d of %d bytes the secret is in %s", done, of, found)
			}
		}
	}))
	ended := make(chan wire.Event, 1)
	go func() { ended <- lastOf(t, s, "big") }()
	for over := false; !over; time.Sleep(20 * time.Millisecond) {
		theirs = max(theirs, m.agentsPeak())
		select {
		case last := <-ended:
			if over = true; last.Type != wire.RunDone {
				t.Fatalf("it ended with %+v", last)
			}
		default:
		}
	}
	used := sent.Load() - before
	t.Logf("%d bytes sent, at most %d MiB in memory here and %d there", used, ours/mib, theirs>>10)
	if used < 200*mib || used > 206*mib {
		t.Errorf("200 MiB took %d bytes", used)
	}
	if pieces < 3000 || ours > 64*mib || theirs == 0 || theirs > 64<<10 {
		t.Errorf("%d pieces, %d bytes in memory here and %d KiB there", pieces, ours, theirs)
	}
	if found := m.onDisk() + m.inMemory() + m.sh("ls /var/lib/cairn/runs/big"); strings.Contains(found, planted) || strings.Contains(found, "contents") {
		t.Errorf("contents are left: %s", found)
	}
	before = sent.Load()
	for range 2 {
		results, err := s.Check(t.Context(), specs)
		must(t, err)
		for i, r := range results {
			if r.Failure != nil || !r.Diff.Empty() {
				t.Fatalf("of %d the host answers %+v", i, r)
			}
		}
	}
	if used := sent.Load() - before; used > 2*(1<<20+64<<10) {
		t.Errorf("two checks of 200 MiB sent %d bytes", used)
	}
	before = sent.Load()
	for range 2 {
		_, err := s.Check(t.Context(), specs[:3])
		must(t, err)
	}
	if used := sent.Load() - before; used > 4096 {
		t.Errorf("two checks of large files sent %d bytes", used)
	}
}

// TestContentsThatCannotCome has a controller whose file has changed since it was
// read, and a host whose disk is full. Both are reported, and nothing is left.
func TestContentsThatCannotCome(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	path := filepath.Join(t.TempDir(), "content")
	must(t, os.WriteFile(path, bytes.Repeat([]byte(planted), 100_000), 0o600))
	content, err := resource.FileContent(path)
	must(t, err)
	run := wire.Run{ID: "short", Epoch: 1, Lab: "test", Steps: []wire.Step{{ID: "a", Task: "t", Resource: encoded(t, resource.File{Path: "/srv/a", Content: content})}}}
	must(t, os.Truncate(path, 300_000))
	if err := s.Start(t.Context(), run, nil); problem.CodeOf(err) != problem.ResourceBad {
		t.Errorf("for a file that became shorter, the error is %v", err)
	}
	must(t, os.WriteFile(path, bytes.Repeat([]byte("x"), 1_400_000), 0o600)) // as long, but another
	if err := s.Start(t.Context(), run, nil); problem.CodeOf(err) != problem.HostAgentBroken || !strings.Contains(fmt.Sprint(problem.Of(err).Cause), "not the one") {
		t.Errorf("for a file with another content, the error is %v", err)
	}
	run.ID = "full"
	m.sh("mkdir -p /var/lib/cairn/runs/full/contents; mount -t tmpfs -o size=512k none /var/lib/cairn/runs/full/contents; mkdir -p /run/cairn-work/full; head -c 32 /dev/zero >/run/cairn-work/full/contents.key")
	must(t, os.WriteFile(path, bytes.Repeat([]byte(planted), 100_000), 0o600))
	if err := s.Start(t.Context(), run, nil); problem.CodeOf(err) != problem.HostDiskFull {
		t.Errorf("for a full disk, the error is %v", err)
	}
	m.sh("umount /var/lib/cairn/runs/full/contents")
	must(t, s.Start(t.Context(), run, nil))
	if last := lastOf(t, s, "full"); last.Type != wire.RunDone || m.onDisk() != "" {
		t.Errorf("it ended with %+v, and left %s", last, m.onDisk())
	}
}

// A controller loses its connection while it sends contents. When it comes back,
// its old session on the host still has the run's lock. The run begins all the
// same.
func TestARunBeginsBesideASessionThatIsGone(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	m.sh("mkdir -p /var/lib/cairn/runs/again; flock /var/lib/cairn/runs/again/lock sleep 1 >/dev/null 2>&1 &")
	run := wire.Run{ID: "again", Epoch: 1, Lab: "test", Steps: []wire.Step{{ID: "a", Task: "t", Resource: encoded(t, resource.File{Path: "/srv/a", Content: resource.Inline("a\n")})}}}
	must(t, s.Start(t.Context(), run, nil))
	if last := lastOf(t, s, "again"); last.Type != wire.RunDone {
		t.Errorf("it ended with %+v", last)
	}
}
