package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cairn/internal/problem"
)

// yearsLater is a time at which all events of a test are old.
var yearsLater = noon.AddDate(2, 0, 0)

// filled is a journal with events of a host. For each there is an event of the
// controller.
func filled(t testing.TB, events int) *Journal {
	t.Helper()
	j := open(t)
	for i := range events {
		appendAll(t, j, event("r1", "atlas", uint64(i+1), "step"), event("c", Controller, 0, "look"))
	}
	return j
}

func archiveAll(t testing.TB, j *Journal) int {
	t.Helper()
	n, err := j.Archive(t.Context(), yearsLater, yearsLater)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// inJournal counts the events that are not archived.
func inJournal(t testing.TB, j *Journal) (n int) {
	t.Helper()
	if err := j.db.QueryRow("SELECT COUNT(*) FROM event").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// everything counts all events, and fails the test if one occurs twice.
func everything(t testing.TB, j *Journal) (n int) {
	t.Helper()
	last := int64(0)
	if err := j.Each(t.Context(), 0, func(position int64, _ Event) error {
		if position <= last {
			t.Fatalf("position %d comes after %d", position, last)
		}
		n, last = n+1, position
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheNewestOfEachStaysInTheJournal(t *testing.T) {
	j := filled(t, 10)
	if n := archiveAll(t, j); n != 18 {
		t.Errorf("%d events went, want all but the newest step and look", n)
	}
	if n := inJournal(t, j); n != 2 {
		t.Errorf("%d events stayed", n)
	}
	if n := everything(t, j); n != 20 {
		t.Errorf("%d events are left", n)
	}
	if n := archiveAll(t, j); n != 0 {
		t.Errorf("%d events went the second time", n)
	}
	if err := j.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatIsYoungStays(t *testing.T) {
	j := open(t)
	ofHost := func(seq uint64, at time.Time) Event {
		e := event("r1", "atlas", seq, "step")
		e.At = at
		return e
	}
	// A host whose clock stands at 1970 may still have something new. A host whose
	// clock is ahead must not keep old events from being archived.
	appendAll(t, j, event("c", Controller, 0, "look"), ofHost(1, yearsLater), ofHost(2, noon), ofHost(3, noon))
	young := event("c", Controller, 0, "look")
	young.At = yearsLater
	appendAll(t, j, young, ofHost(4, time.Unix(0, 0)), ofHost(5, time.Unix(0, 0)))
	if n := archiveAll(t, j); n != 3 {
		t.Errorf("%d events went, want the first look and two steps", n)
	}
}

// Events that become old wait for a month.
func TestASmallLabsArchiveHasFewFiles(t *testing.T) {
	j := filled(t, 10)
	archiveAll(t, j)
	appendAll(t, j, event("c", Controller, 0, "look"), event("c", Controller, 0, "look"))
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 0}, {archiveEvery - time.Hour, 0}, {archiveEvery, 2}} {
		if n, err := j.Archive(t.Context(), yearsLater, yearsLater.Add(c.after)); err != nil || n != c.want {
			t.Errorf("after %s: %d, %v, want %d", c.after, n, err, c.want)
		}
	}
}

func TestABacklogDoesNotWait(t *testing.T) {
	j := filled(t, 10)
	for _, want := range []int{7, 7, 4, 0} {
		if n, err := j.archive(t.Context(), yearsLater, yearsLater, 7); err != nil || n != want {
			t.Errorf("%d, %v, want %d", n, err, want)
		}
	}
}

// Hosts keep their last runs for ever. They send them again whenever the journal
// seems to lack them.
func TestAnArchivedEventThatArrivesAgainIsKnown(t *testing.T) {
	j := filled(t, 5)
	archiveAll(t, j)
	if last, err := j.LastSeq(t.Context(), "r1", "atlas"); err != nil || last != 5 {
		t.Errorf("LastSeq = %d, %v", last, err)
	}
	if n := appendAll(t, j, event("r1", "atlas", 2, "step"), event("r1", "atlas", 5, "step"), event("r1", "atlas", 6, "step")); n != 1 {
		t.Errorf("%d were new, want only the sixth", n)
	}
}

// TestAnArchivingThatWasInterruptedIsFinished interrupts archiving at each of
// its steps.
func TestAnArchivingThatWasInterruptedIsFinished(t *testing.T) {
	for _, c := range []struct {
		name  string
		until func(t *testing.T, j *Journal, old []archivedEvent) // the steps before the interruption
		takes int                                                 // how many events the next call takes out
	}{
		{"in the middle of writing", func(t *testing.T, j *Journal, _ []archivedEvent) {
			half := filepath.Join(j.archiveFolder(), temporaryPrefix+"000000000001-000000000009.jsonl.gz")
			if err := errors.Join(os.MkdirAll(j.archiveFolder(), 0o700), os.WriteFile(half, []byte("\x1f\x8b"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}, 18},
		{"before the events leave", func(t *testing.T, j *Journal, old []archivedEvent) {
			if _, err := writeArchive(j.archiveFolder(), old); err != nil {
				t.Fatal(err)
			}
		}, 18},
		{"before the events leave, and more became old", func(t *testing.T, j *Journal, old []archivedEvent) {
			if _, err := writeArchive(j.archiveFolder(), old[:7]); err != nil {
				t.Fatal(err)
			}
			appendAll(t, j, event("c", Controller, 0, "look"))
		}, 19},
		{"and the journal is not the one that the file is of", func(t *testing.T, j *Journal, old []archivedEvent) {
			other := old[3]
			other.Subject = "of another journal"
			if _, err := writeArchive(j.archiveFolder(), []archivedEvent{old[2], other}); err != nil {
				t.Fatal(err)
			}
		}, 18},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := filled(t, 10)
			old, err := j.oldEvents(t.Context(), yearsLater, archiveMost)
			if err != nil {
				t.Fatal(err)
			}
			c.until(t, j, old)
			all := everything(t, j)
			if n, err := j.Archive(t.Context(), yearsLater, yearsLater.Add(archiveEvery)); err != nil || n > c.takes {
				t.Fatalf("%d, %v", n, err)
			}
			if _, err := j.Archive(t.Context(), yearsLater, yearsLater.Add(3*archiveEvery)); err != nil {
				t.Fatal(err)
			}
			if n := inJournal(t, j); n != all-c.takes {
				t.Errorf("%d events stayed, want %d", n, all-c.takes)
			}
			if n := everything(t, j); n != all {
				t.Errorf("%d events are left of %d", n, all)
			}
			if err := j.Verify(t.Context()); err != nil {
				t.Error(err)
			}
			if left, _ := filepath.Glob(filepath.Join(j.archiveFolder(), ".*")); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// What was read back must equal what the journal has.
func TestAFileThatDiffersTakesNothingOut(t *testing.T) {
	j := filled(t, 3)
	old, err := j.oldEvents(t.Context(), yearsLater, archiveMost)
	if err != nil {
		t.Fatal(err)
	}
	old[1].Body = json.RawMessage(`{"a":2}`)
	name, err := writeArchive(j.archiveFolder(), old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.enter(t.Context(), name, noon); problem.CodeOf(err) != problem.JournalArchive {
		t.Errorf("enter = %v", err)
	}
	if n := inJournal(t, j); n != 6 {
		t.Errorf("%d events stayed", n)
	}
}

func TestADamagedArchiveIsNamed(t *testing.T) {
	for name, damage := range map[string]func(path string, content []byte) error{
		"missing": func(path string, _ []byte) error { return os.Remove(path) },
		"cut":     func(path string, b []byte) error { return os.WriteFile(path, b[:len(b)/2], 0o600) },
		"changed": func(path string, b []byte) error {
			b[len(b)/2] ^= 0x40
			return os.WriteFile(path, b, 0o600)
		},
		"longer": func(path string, b []byte) error { return os.WriteFile(path, append(b, b...), 0o600) },
		"rewritten": func(path string, _ []byte) error {
			var events []archivedEvent
			reader, err := openArchive(path)
			for err == nil {
				var e archivedEvent
				if e, err = reader.next(); err == nil {
					events = append(events, e)
				}
			}
			events[3].Body = json.RawMessage(`{"a":2}`)
			_, err = writeArchive(filepath.Dir(path), events)
			return err
		},
		"another": func(path string, _ []byte) error { return os.WriteFile(path, []byte("Dear diary,\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			j := filled(t, 20)
			archiveAll(t, j)
			files, err := filepath.Glob(filepath.Join(j.archiveFolder(), "*.gz"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			content, err := os.ReadFile(files[0])
			if err == nil {
				err = damage(files[0], content)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Verify(t.Context()); problem.CodeOf(err) != problem.JournalArchive {
				t.Errorf("Verify = %v, want %s", err, problem.JournalArchive)
			}
			// Whatever every command reads must be in the journal itself.
			if newest, err := j.NewestOfEach(t.Context(), "look"); err != nil || len(newest) != 1 {
				t.Errorf("newest: %d, %v", len(newest), err)
			}
		})
	}
}

// TestKilledArchiving kills a process that appends and archives without pause.
// Every event that it reported must be there, once.
func TestKilledArchiving(t *testing.T) {
	if path := os.Getenv("JOURNAL_ARCHIVER"); path != "" {
		archiveForever(path)
	}
	path := filepath.Join(t.TempDir(), "journal.db")
	for round := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledArchiving$")
		cmd.Env = append(os.Environ(), "JOURNAL_ARCHIVER="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var first, reported uint64
		for reported == 0 || reported < first+uint64(20+round) {
			if _, err := fmt.Fscan(out, &reported); err != nil {
				t.Fatal(err)
			}
			if first == 0 {
				first = reported
			}
		}
		time.Sleep(time.Duration(round*3) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		j, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		next := uint64(1)
		if err := j.Each(t.Context(), 0, func(_ int64, e Event) error {
			if e.Seq != next {
				return fmt.Errorf("event %d where %d should be", e.Seq, next)
			}
			next++
			return nil
		}); err != nil || next <= reported {
			t.Fatalf("%d events, %d were reported, %v", next-1, reported, err)
		}
		if inJournal(t, j) > int(next)/2+10 {
			t.Errorf("only little of %d events was archived", next)
		}
		if err := j.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		_ = j.Close()
	}
}

func archiveForever(path string) {
	j, err := Open(context.Background(), path)
	if err != nil {
		panic(err)
	}
	for {
		last, err := j.LastSeq(context.Background(), "r", "atlas")
		if err != nil {
			panic(err)
		}
		if _, err := j.Append(context.Background(), event("r", "atlas", last+1, "x")); err != nil {
			panic(err)
		}
		fmt.Println(last + 1)
		if _, err := j.archive(context.Background(), yearsLater, yearsLater.Add(time.Duration(last)*archiveEvery), 3); err != nil {
			panic(err)
		}
	}
}

// BenchmarkArchive is one call with the most that a call takes, of events as large
// as evidence. Its budget is 3 s.
func BenchmarkArchive(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		j := open(b)
		var events []Event
		for i := range archiveMost + 1 {
			e := event("c", Controller, uint64(i+1), "look")
			e.Body = json.RawMessage(fmt.Sprintf(`{"hash":"%064x","observed":"%0600d"}`, i*i*i, i*7919))
			events = append(events, e)
		}
		appendAll(b, j, events...)
		b.StartTimer()
		if n := archiveAll(b, j); n != archiveMost {
			b.Fatalf("%d events went", n)
		}
	}
}
