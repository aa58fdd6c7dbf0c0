package agent

import (
	"os"
	"path/filepath"
	"testing"

	"cairn/internal/wire"
)

func opened(t *testing.T, dir string) *Log {
	t.Helper()
	l, err := OpenLog(dir, "r1")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func appended(t *testing.T, l *Log, typ wire.EventType) wire.Event {
	t.Helper()
	e, err := l.Append(wire.Event{Type: typ})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestLogAfterACrash cuts the last record short at every byte. The whole records
// stay, and the next event gets the number of the lost one.
func TestLogAfterACrash(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	appended(t, l, wire.RunStarted)
	whole, err := l.file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	appended(t, l, wire.StepIntent)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, logFile))
	if err != nil {
		t.Fatal(err)
	}
	for size := whole.Size(); size < int64(len(content)); size++ {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, logFile), content[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		l := opened(t, dir)
		if last := l.Last(); last.Type != wire.RunStarted || last.Seq != 1 {
			t.Errorf("cut at %d: the last event is %+v", size, last)
		}
		if e := appended(t, l, wire.RunDone); e.Seq != 2 || e.Run != "r1" {
			t.Errorf("cut at %d: the next event is %+v", size, e)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if last, err := lastEvent(dir); err != nil || last.Type != wire.RunDone || last.Seq != 2 {
			t.Errorf("cut at %d: it reads as %+v, %v", size, last, err)
		}
	}
}

// TestLogWithADamagedRecord checks that the log ends where the damage begins.
func TestLogWithADamagedRecord(t *testing.T) {
	dir := t.TempDir()
	l := opened(t, dir)
	appended(t, l, wire.RunStarted)
	appended(t, l, wire.RunDone)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, logFile)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-1] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if last, err := lastEvent(dir); err != nil || last.Type != wire.RunStarted {
		t.Errorf("the last event is %+v, %v", last, err)
	}
}

func TestNamesOfRunsStayInTheirDirectory(t *testing.T) {
	a := &Agent{State: "/state"}
	for _, id := range []string{"", "..", "../x", "a/b", "A", "-a", "a b", "a\n"} {
		if dir, err := a.guardDir("r1", id); err == nil {
			t.Errorf("the guard %q may be at %s", id, dir)
		}
		if dir, err := a.runDir(id); err == nil {
			t.Errorf("the run %q may be at %s", id, dir)
		}
	}
}
