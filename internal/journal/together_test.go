package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestReadingWhileARunWrites reads in one process while another writes and
// archives without pause. Nothing reported may be missing. Each read must be from
// one moment, and neither process may wait for the other.
func TestReadingWhileARunWrites(t *testing.T) {
	if path := os.Getenv("JOURNAL_RUN"); path != "" {
		writeAndArchive(path)
	}
	path := filepath.Join(t.TempDir(), "journal.db")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestReadingWhileARunWrites$")
	cmd.Env, cmd.Stderr = append(os.Environ(), "JOURNAL_RUN="+path), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()
	reported := bufio.NewScanner(out)
	j, err := OpenToRead(t.Context(), path)
	for round := 0; round < 150; round++ {
		if !reported.Scan() {
			t.Fatal("the writer has ended")
		}
		var told uint64
		if _, err := fmt.Sscan(reported.Text(), &told); err != nil {
			t.Fatal(err)
		}
		if err == nil && round%10 == 0 { // a command opens it, a server keeps it open
			_ = j.Close()
			j, err = OpenToRead(t.Context(), path)
		}
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, j, told)
	}
	var archived int
	if err := j.db.QueryRow("SELECT COUNT(*) FROM archive").Scan(&archived); err != nil || archived == 0 {
		t.Errorf("nothing was archived meanwhile: %v", err)
	}
	_ = j.Close()
}

// readAll reads a journal while it is written, and expects all events up to one.
func readAll(t *testing.T, j *Journal, told uint64) {
	t.Helper()
	next := uint64(1)
	if err := j.Each(t.Context(), 0, func(_ int64, e Event) error {
		if e.Seq != next {
			return fmt.Errorf("event %d where %d should be", e.Seq, next)
		}
		next++
		return nil
	}); err != nil || next <= told {
		t.Fatalf("%d events were read, %d were told of, %v", next-1, told, err)
	}
	newest, err := j.NewestOfEach(t.Context(), "x")
	if err != nil || len(newest) != 1 || newest[0].Seq < next-1 {
		t.Fatalf("newest: %v, %v", newest, err)
	}
}

func writeAndArchive(path string) {
	j, err := Open(context.Background(), path)
	if err != nil {
		panic(err)
	}
	for seq := uint64(1); ; seq++ {
		began := time.Now()
		if _, err := j.Append(context.Background(), event("r", "atlas", seq, "x")); err != nil {
			panic(err)
		}
		if seq%10 == 0 {
			if _, err := j.archive(context.Background(), yearsLater, yearsLater, 8); err != nil {
				panic(err)
			}
		}
		// A reader that kept a writer out would do so for as long as it reads. SQLite
		// would then wait for 5 s and give up.
		if time.Since(began) > 4*time.Second {
			panic("the writer had to wait")
		}
		fmt.Println(seq)
	}
}
