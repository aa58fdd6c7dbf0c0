package evidence

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairn/internal/problem"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var scan = Look{Checkpoint: "foundation.firewall-blocks", Probe: "port-scan-ipv6", Host: "atlas", Vantage: "visitor"}

func record(look Look, outcome Outcome, started time.Time) Record {
	return Record{Look: look, Started: started, Outcome: outcome, Fresh: time.Hour, Nonce: "n"}
}

func TestProofGrowsStale(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome Outcome
		age     time.Duration
		want    Outcome
	}{
		{"young proof", Proven, time.Minute, Proven},
		{"at the end of the window", Proven, time.Hour, Proven},
		{"just after it", Proven, time.Hour + time.Millisecond, Stale},
		{"a refutation does not age into something milder", Refuted, 100 * time.Hour, Refuted},
		{"neither does what could not be looked at", Unproven, 100 * time.Hour, Unproven},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := record(scan, c.outcome, noon).At(noon.Add(c.age)); got != c.want {
				t.Errorf("At = %s, want %s", got, c.want)
			}
		})
	}
}

func TestWaiverCovers(t *testing.T) {
	until := noon.Add(24 * time.Hour)
	for _, c := range []struct {
		name, checkpoint string
		now              time.Time
		want             bool
	}{
		{"the checkpoint", "foundation.firewall-blocks", noon, true},
		{"the probe", "foundation.firewall-blocks/port-scan-ipv6", noon, true},
		{"the last word of the probe", "foundation.firewall-blocks/ipv6", noon, true},
		{"another family", "foundation.firewall-blocks/ipv4", noon, false},
		{"part of a word", "foundation.firewall-blocks/v6", noon, false},
		{"another checkpoint", "foundation.ssh-access", noon, false},
		{"expired to the second", "foundation.firewall-blocks", until, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := Waiver{Checkpoint: c.checkpoint, Reason: "r", Expires: until}
			if got := w.Covers(scan, c.now); got != c.want {
				t.Errorf("Covers = %v, want %v", got, c.want)
			}
		})
	}
}

func TestJudgePrefersProofToWaivers(t *testing.T) {
	waivers := []Waiver{{Checkpoint: scan.Checkpoint, Reason: "no IPv6 here", Expires: noon.Add(240 * time.Hour)}}
	for _, c := range []struct {
		name    string
		records []Record
		waivers []Waiver
		want    Outcome
	}{
		{"nobody looked", nil, nil, Unproven},
		{"nobody looked, waived", nil, waivers, Waived},
		{"proven, waived", []Record{record(scan, Proven, noon)}, waivers, Proven},
		{"refuted, waived", []Record{record(scan, Refuted, noon)}, waivers, Waived},
		{"the newest counts", []Record{record(scan, Proven, noon.Add(-time.Minute)), record(scan, Refuted, noon)}, nil, Refuted},
		{"old proof", []Record{record(scan, Proven, noon.Add(-2*time.Hour))}, nil, Stale},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := NewLedger(c.records).Judge(scan, c.waivers, noon)
			if got.Outcome != c.want {
				t.Errorf("Judge = %s, want %s", got.Outcome, c.want)
			}
			if got.Outcome != Proven && got.Outcome != Refuted && got.Reason == "" {
				t.Error("no reason given")
			}
		})
	}
}

func TestACheckpointWithoutLooksIsUnproven(t *testing.T) {
	if got := (&Ledger{}).JudgeAll(nil, nil, noon); got.Outcome != Unproven {
		t.Errorf("JudgeAll(nothing) = %s, want unproven", got.Outcome)
	}
}

func TestStandingOf(t *testing.T) {
	for _, c := range []struct {
		name     string
		reached  bool
		outcomes []Outcome
		want     Standing
	}{
		{"not reached", false, []Outcome{Proven}, NotReached},
		{"proven", true, []Outcome{Proven, Proven}, Holds},
		{"waived", true, []Outcome{Proven, Waived}, Holds},
		{"old", true, []Outcome{Proven, Stale}, StaleNow},
		{"could not look", true, []Outcome{Unproven}, StaleNow},
		{"one refuted", true, []Outcome{Stale, Refuted, Proven}, Lost},
		{"nothing under it", true, nil, Holds},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := StandingOf(c.reached, c.outcomes...); got != c.want {
				t.Errorf("StandingOf = %q, want %q", got, c.want)
			}
		})
	}
}

func chain(records ...Record) []Record {
	previous := ""
	for i := range records {
		records[i] = records[i].Seal(previous)
		previous = records[i].Hash
	}
	return records
}

func TestAnyTamperingBreaksTheChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "records")
		records := make([]Record, n)
		for i := range records {
			records[i] = record(scan, Proven, noon.Add(time.Duration(i)*time.Minute))
		}
		chain(records...)
		if err := VerifyChain(records); err != nil {
			t.Fatalf("untouched chain: %v", err)
		}
		at := rapid.IntRange(0, n-1).Draw(t, "at")
		switch rapid.SampledFrom([]string{"change", "remove", "reseal"}).Draw(t, "how") {
		case "change":
			records[at].Observed = []Field{{"open", "none"}}
		case "remove":
			if at == n-1 {
				t.Skip("the end of a chain has no witness")
			}
			records = append(records[:at:at], records[at+1:]...)
		case "reseal":
			if at == n-1 {
				t.Skip("the end of a chain has no witness")
			}
			records[at].Outcome = Refuted
			records[at] = records[at].Seal(records[at].Previous)
		}
		if err := VerifyChain(records); problem.CodeOf(err) != problem.EvidenceBroken {
			t.Fatalf("tampered chain: %v", err)
		}
	})
}

func TestWorstDoesNotDependOnOrder(t *testing.T) {
	all := []Outcome{Proven, Waived, Stale, Unproven, Refuted}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.SampledFrom(all), 1, 6).Draw(t, "outcomes")
		shuffled := rapid.Permutation(some).Draw(t, "shuffled")
		if diff := cmp.Diff(Worst(some...), Worst(shuffled...)); diff != "" {
			t.Fatal(diff)
		}
	})
}
