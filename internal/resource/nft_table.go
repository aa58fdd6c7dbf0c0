package resource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cairn/internal/system"
)

// NftTable is one whole table of nftables. Other tables stay untouched. It is in
// force at once and, after Persist, also after a restart.
type NftTable struct {
	Family string  `cbor:"1,keyasint"` // inet, ip, ip6
	Name   string  `cbor:"2,keyasint"`
	Body   Content `cbor:"3,keyasint"` // what is between the table's braces (nft(8))
}

// Kind implements [Resource].
func (NftTable) Kind() Kind { return "nft-table" }

// Key implements [Resource].
func (t NftTable) Key() string { return t.Family + " " + t.Name }

var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Validate implements [Resource].
func (t NftTable) Validate() error {
	if t.Family != "inet" && t.Family != "ip" && t.Family != "ip6" {
		return fmt.Errorf("%q is not a family of tables", t.Family)
	}
	if !tableName.MatchString(t.Name) {
		return fmt.Errorf("%q cannot be the name of a table", t.Name)
	}
	if t.Body.name != nil {
		return ErrNotHere
	}
	return insideBraces(t.Body.Text())
}

func (t NftTable) contents(change func(Content, use) Content) Resource {
	t.Body = change(t.Body, toRead|toPersist)
	return t
}

// insideBraces refuses a body that would end the table it is put in.
func insideBraces(body string) error {
	depth := 0
	for _, c := range body {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return errors.New("the braces of the table's body do not match")
	}
	return nil
}

// definition returns the table as nft reads it.
func (t NftTable) definition() string {
	return fmt.Sprintf("table %s {\n%s}\n", t.Key(), t.Body.Text())
}

// replacement replaces the table in one transaction, or adds it. A table must
// exist to be deleted, so it is added first (nft(8)).
func (t NftTable) replacement() string {
	return fmt.Sprintf("table %s\ndelete table %s\n%s", t.Key(), t.Key(), t.definition())
}

// removal removes the table, whether it exists or not.
func (t NftTable) removal() string {
	return fmt.Sprintf("table %s\ndelete table %s\n", t.Key(), t.Key())
}

// Check implements [Resource]. It compares the rules in force with what nft makes
// of the body in an empty network namespace. So neither spelling nor the order of
// options matters.
func (t NftTable) Check(ctx context.Context, sys *system.System) (Diff, error) {
	running, err := t.running(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	wanted, err := t.canonical(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	boot, err := t.bootState(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	watch, err := t.watchState(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	changes := ruleChanges(running, wanted)
	d := compare(property{"rules in force", rulesWord(running), rulesWord(wanted)},
		property{"after a restart", boot, bootKept}, property{"when somebody else changes it", watch, watched})
	if len(changes) > 0 {
		d.Changes = append(changes, d.Changes[1:]...)
	}
	return d, nil
}

// rulesWord turns a listing into a fingerprint.
func rulesWord(listing []byte) string {
	if listing == nil {
		return absent
	}
	return summary(listing)
}

// ruleChanges names each added and each removed rule.
func ruleChanges(running, wanted []byte) []Change {
	have, want := lineSet(running), lineSet(wanted)
	var changes []Change
	for line := range strings.Lines(string(running)) {
		if line = strings.TrimSpace(line); want[line] == 0 && line != "" {
			changes = append(changes, Change{Property: "rule", From: line})
		}
	}
	for line := range strings.Lines(string(wanted)) {
		if line = strings.TrimSpace(line); have[line] == 0 && line != "" && line != "}" {
			changes = append(changes, Change{Property: "rule", To: line})
		}
	}
	if len(changes) == 0 && !bytes.Equal(running, wanted) {
		changes = []Change{{Property: "order of rules", From: summary(running), To: summary(wanted)}}
	}
	return changes
}

func lineSet(text []byte) map[string]int {
	set := map[string]int{}
	for line := range strings.Lines(string(text)) {
		set[strings.TrimSpace(line)]++
	}
	return set
}

// running returns the table as nft lists it, or nil if there is none.
func (t NftTable) running(ctx context.Context, sys *system.System) ([]byte, error) {
	out, err := sys.Ask(ctx, append([]string{"nft", "--stateless", "list", "table"}, t.Family, t.Name)...)
	if err != nil {
		return nil, err
	}
	switch {
	case out.Exit == 0:
		return out.Stdout, nil
	case out.Exit == system.MissingProgram, strings.Contains(string(out.Stderr), "No such file or directory"):
		return nil, nil
	}
	return nil, fmt.Errorf("nft does not list the table: %s", system.LastWords(out))
}

// canonical has nft read and list the table outside of the host's rules. If nft is
// not installed yet, it returns the body.
func (t NftTable) canonical(ctx context.Context, sys *system.System) ([]byte, error) {
	out, err := sys.Runner.Run(ctx, system.Command{
		Argv: []string{"unshare", "--net", "sh", "-c", `nft -f - && exec nft --stateless list table "$0" "$1"`, t.Family, t.Name}, Stdin: []byte(t.definition()),
	})
	switch {
	case err != nil:
		return nil, err
	case out.Exit == system.MissingProgram:
		return []byte(t.definition()), nil
	case out.Exit != 0:
		return nil, fmt.Errorf("nft does not accept the table: %s", system.LastWords(out))
	}
	return out.Stdout, nil
}

// Precheck implements [Guardable]. It has nft read the table without applying it.
func (t NftTable) Precheck(ctx context.Context, sys *system.System) error {
	_, err := sys.RunWith(ctx, system.Command{Argv: []string{"nft", "--check", "-f", "-"}, Stdin: []byte(t.replacement())})
	return err
}

// Apply implements [Resource]. It puts the table in force and does not change what
// a restart loads, so a restart before Persist leads back. The watcher of the old
// table finds the new one on trial.
func (t NftTable) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	if err := t.Precheck(ctx, sys); err != nil {
		return err
	}
	if _, err := Converge(ctx, sys, t.trialFile(), ""); err != nil {
		return err
	}
	_, err := sys.RunWith(ctx, system.Command{Argv: []string{"nft", "-f", "-"}, Stdin: []byte(t.replacement())})
	return err
}

// Verify implements [Resource]. It compares the number of rules in force, as JSON,
// with the number that nft finds in the body elsewhere.
func (t NftTable) Verify(ctx context.Context, sys *system.System) error {
	running, err := t.running(ctx, sys)
	if err != nil {
		return err
	}
	wanted, err := t.canonical(ctx, sys)
	if err != nil {
		return err
	}
	if !bytes.Equal(running, wanted) {
		return fmt.Errorf("the table %s is not in force as it was described", t.Key())
	}
	out, err := sys.Run(ctx, "nft", "--json", "list", "table", t.Family, t.Name)
	if err != nil {
		return err
	}
	if got, want := bytes.Count(out.Stdout, []byte(`{"rule":`)), rulesIn(wanted); got != want {
		return fmt.Errorf("the table %s has %d rules in force instead of %d", t.Key(), got, want)
	}
	return nil
}

// rulesIn counts the rules of a listing: the lines in chains that are neither
// their first nor their hook.
func rulesIn(listing []byte) int {
	n, depth := 0, 0
	for line := range strings.Lines(string(listing)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasSuffix(line, "{"):
			depth++
		case line == "}":
			depth--
		case depth == 2 && line != "" && !strings.HasPrefix(line, "type "):
			n++
		}
	}
	return n
}
