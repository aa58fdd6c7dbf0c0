package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestProjectionsAreWhatTheEventsMake appends random events, some of them
// twice, and archives some. It compares what the journal keeps beside the
// events with what the events give. A rebuilt projection must equal the
// maintained one, and no event may be lost, doubled or out of order.
func TestProjectionsAreWhatTheEventsMake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				m.archives()
			case 1:
				m.appendsAgain()
			default:
				m.appends()
			}
		}
		m.compare()
		kept := m.newestTable()
		m.do(m.j.Rebuild(m.t.Context()))
		if diff := gocmp.Diff(kept, m.newestTable()); diff != "" {
			t.Fatal("rebuilt is not as maintained: ", diff)
		}
		m.do(m.j.Verify(m.t.Context()))
	})
}

// model is a journal, and all that was ever written to it.
type model struct {
	t   *rapid.T
	j   *Journal
	now time.Time
	all []Event
	at  []int64 // the position of each; repeated events have none
	seq map[string]uint64
}

func newModel(t *rapid.T) *model {
	m := &model{t: t, now: noon, seq: map[string]uint64{}}
	dir, err := os.MkdirTemp("", "journal")
	m.do(err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m.j, err = Open(t.Context(), filepath.Join(dir, "journal.db"))
	m.do(err)
	t.Cleanup(func() { _ = m.j.Close() })
	return m
}

func (m *model) do(err error) {
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) appends() {
	var events []Event
	for range rapid.IntRange(1, 9).Draw(m.t, "events") {
		m.now = m.now.Add(time.Hour)
		e := Event{
			Run:     rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(m.t, "run"),
			Host:    rapid.SampledFrom([]string{Controller, "atlas", "nas"}).Draw(m.t, "host"),
			Type:    rapid.SampledFrom([]string{"look", "step"}).Draw(m.t, "type"),
			Subject: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(m.t, "subject"),
			At:      m.now,
			Body:    json.RawMessage(rapid.SampledFrom([]string{`{"a":"<&>\u2028"}`, `"x"`, `{"a": [1, 2]}`}).Draw(m.t, "body")),
		}
		of := e.Run + " " + e.Host
		m.seq[of]++
		e.Seq = m.seq[of]
		events = append(events, e)
	}
	n, err := m.j.Append(m.t.Context(), events...)
	m.do(err)
	if n != len(events) {
		m.t.Fatalf("%d of %d events were new", n, len(events))
	}
	m.all = append(m.all, events...)
	var last int64
	if len(m.at) > 0 {
		last = m.at[len(m.at)-1]
	}
	m.do(m.j.Each(m.t.Context(), last, func(position int64, _ Event) error { m.at = append(m.at, position); return nil }))
}

// appendsAgain is a host that sends again what it sent before.
func (m *model) appendsAgain() {
	told := slices.DeleteFunc(slices.Clone(m.all), func(e Event) bool { return e.Host == Controller })
	n, err := m.j.Append(m.t.Context(), told...)
	m.do(err)
	if n != 0 {
		m.t.Fatalf("%d events are there twice", n)
	}
}

func (m *model) archives() {
	before := m.now.Add(-time.Duration(rapid.IntRange(0, 20).Draw(m.t, "hours")) * time.Hour)
	m.now = m.now.Add(archiveEvery)
	_, err := m.j.archive(m.t.Context(), before, m.now, rapid.IntRange(1, 10).Draw(m.t, "most"))
	m.do(err)
}

func (m *model) compare() {
	skipped := rapid.IntRange(0, len(m.all)).Draw(m.t, "skipped")
	var after int64
	if skipped > 0 {
		after = m.at[skipped-1]
	}
	var got []Event
	m.do(m.j.Each(m.t.Context(), after, func(_ int64, e Event) error { got = append(got, plain(e)); return nil }))
	var want []Event
	for _, e := range m.all[skipped:] {
		want = append(want, plain(e))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		m.t.Fatal("events: ", diff)
	}
	for _, typ := range []string{"look", "step"} {
		m.compareType(typ)
	}
	for of, want := range m.seq {
		run, host, _ := strings.Cut(of, " ")
		if got, err := m.j.LastSeq(m.t.Context(), run, host); host != Controller && (err != nil || got != want) {
			m.t.Fatalf("LastSeq(%s) = %d, %v, want %d", of, got, err, want)
		}
	}
}

func (m *model) compareType(typ string) {
	newest, positions := map[string]Event{}, map[string]int64{}
	var of []Event
	for i, e := range m.all {
		if e.Type == typ {
			of = append(of, plain(e))
			newest[e.Host+"/"+e.Subject] = plain(e)
			positions[e.Subject] = m.at[i]
		}
	}
	got, err := m.j.OfType(m.t.Context(), typ)
	m.do(err)
	for i := range got {
		got[i] = plain(got[i])
	}
	if diff := gocmp.Diff(of, got); diff != "" {
		m.t.Fatal("of the type ", typ, ": ", diff)
	}
	latest := map[string]Event{}
	each, err := m.j.NewestOfEach(m.t.Context(), typ)
	m.do(err)
	for _, e := range each {
		latest[e.Host+"/"+e.Subject] = plain(e)
	}
	if diff := gocmp.Diff(newest, latest); diff != "" || len(each) != len(newest) {
		m.t.Fatal("newest: ", diff)
	}
	last, err := m.j.LastPositions(m.t.Context(), typ)
	m.do(err)
	if diff := gocmp.Diff(positions, last); diff != "" {
		m.t.Fatal("positions: ", diff)
	}
}

// plain is the event without the whitespace that the archive does not keep.
func plain(e Event) Event {
	e.Body = compacted(e.Body)
	return e
}

func (m *model) newestTable() []string {
	rows, err := m.j.db.Query("SELECT type, host, subject, event FROM newest")
	m.do(err)
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var typ, host, subject string
		var event int64
		m.do(rows.Scan(&typ, &host, &subject, &event))
		all = append(all, fmt.Sprint(typ, "/", host, "/", subject, "=", event))
	}
	m.do(rows.Err())
	slices.SortFunc(all, cmp.Compare[string])
	return all
}

func TestASnapshotOnlyMovesOn(t *testing.T) {
	j := open(t)
	for _, c := range []struct {
		position int64
		want     string
	}{{5, "at 5"}, {4, "at 5"}, {9, "at 9"}} {
		if err := j.KeepSnapshot(t.Context(), "case", c.position, fmt.Append(nil, "at ", c.position)); err != nil {
			t.Fatal(err)
		}
		if _, body, err := j.Snapshot(t.Context(), "case"); err != nil || string(body) != c.want {
			t.Errorf("after %d: %q, %v", c.position, body, err)
		}
	}
	if position, body, err := j.Snapshot(t.Context(), "other"); position != 0 || body != nil || err != nil {
		t.Errorf("of nothing: %d, %q, %v", position, body, err)
	}
}
