package resource

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairn/internal/system"
)

// NextBoot predicts the table after the next start of a host.
type NextBoot struct {
	// Order lists the units that load rules, in their order.
	Order []string `cbor:"1,keyasint,omitempty"`
	// Untried are units whose rules could not be tried.
	Untried []string `cbor:"2,keyasint,omitempty"`
	// Trouble says why the table would be missing or different then, or is not
	// protected now.
	Trouble []string `cbor:"3,keyasint,omitempty"`
	// LoadedAgain is when the table was last reloaded in this boot because another
	// program had changed it. It is empty if that did not happen.
	LoadedAgain string `cbor:"4,keyasint,omitempty"`
}

// loaderUnit is a unit that loads rules.
type loaderUnit struct {
	name     string
	state    unitState
	commands [][]string // programs with arguments, as systemd shows them
	after    []string   // the units that start before it
}

// startCommand matches one command in systemctl(1)'s output of ExecStart.
var startCommand = regexp.MustCompile(`argv\[\]=(.*?) ; ignore_errors=`)

// NextBoot finds out what the next start of the host will load. It loads the rules
// of all enabled units, in their order, into an empty network namespace with
// interfaces of the same names. Then it reads the result. The units are those in
// others, and Cairn's own. It changes nothing.
func (t NftTable) NextBoot(ctx context.Context, sys *system.System, others []string) (NextBoot, error) {
	var next NextBoot
	own, err := loaderUnitOf(ctx, sys, t.unitName())
	if err != nil {
		return next, err
	}
	again, err := loaderUnitOf(ctx, sys, t.againUnitName())
	if err != nil {
		return next, err
	}
	next.Trouble = append(own.startTrouble(), again.startTrouble()...)
	if !own.state.runs() {
		next.Trouble = append(next.Trouble, "nobody loads the table again when it is changed: "+own.name+" is "+own.state.active)
	}
	var loaders []loaderUnit
	for _, name := range others {
		loader, err := loaderUnitOf(ctx, sys, name)
		if err != nil {
			return next, err
		}
		if loader.state.enabledAs(true) == "yes" {
			loaders = append(loaders, loader)
		}
	}
	loaders = inOrder(loaders)
	for _, loader := range loaders {
		next.Order = append(next.Order, loader.name)
	}
	// Cairn's table is loaded after each of the others: by its own unit, by the
	// unit that follows the others, and by the script that watches it.
	if len(own.startTrouble()) == 0 {
		next.Order = append(next.Order, t.unitName())
	}
	if err := t.tryBoot(ctx, sys, loaders, len(own.startTrouble()) == 0, &next); err != nil {
		return next, err
	}
	next.LoadedAgain, err = t.loadedAgain(ctx, sys)
	return next, err
}

func loaderUnitOf(ctx context.Context, s *system.System, name string) (loaderUnit, error) {
	state, err := unitStateOf(ctx, s, name)
	if err != nil {
		return loaderUnit{}, err
	}
	out, err := s.Run(ctx, "systemctl", "show", "--property=ExecStart,After", "--", name)
	if err != nil {
		return loaderUnit{}, err
	}
	unit := loaderUnit{name: name, state: state}
	for _, m := range startCommand.FindAllStringSubmatch(string(out.Stdout), -1) {
		unit.commands = append(unit.commands, strings.Fields(m[1]))
	}
	for line := range strings.Lines(string(out.Stdout)) {
		if after, is := strings.CutPrefix(line, "After="); is {
			unit.after = strings.Fields(after)
		}
	}
	return unit, nil
}

// inOrder puts each unit behind those that start before it, and otherwise keeps the
// order.
func inOrder(units []loaderUnit) []loaderUnit {
	var ordered []loaderUnit
	for rest := slices.Clone(units); len(rest) > 0; {
		first := max(0, slices.IndexFunc(rest, func(u loaderUnit) bool {
			return !slices.ContainsFunc(rest, func(other loaderUnit) bool { return slices.Contains(u.after, other.name) })
		}))
		ordered = append(ordered, rest[first])
		rest = slices.Delete(rest, first, first+1)
	}
	return ordered
}

// startTrouble says why one of Cairn's units would not start with the host.
func (u loaderUnit) startTrouble() []string {
	switch {
	case u.state.load == "not-found":
		return []string{"there is no " + u.name}
	case u.state.load == "masked":
		return []string{u.name + " is masked"}
	case u.state.load != "loaded":
		return []string{"systemd cannot read " + u.name + " (" + u.state.load + ")"}
	case u.state.file != "enabled":
		return []string{u.name + " does not start with the host: it is " + u.state.file}
	}
	return nil
}

// tryScript loads the given files where they have no effect, with interfaces of the
// host's names.
const tryScript = `
	for link in $LINKS; do ip link add "$link" type dummy; done 2>/dev/null
	for file; do nft -f "$file" >&2 || echo "untried $file"; done
	echo "table:"; exec nft --stateless list table "$FAMILY" "$NAME"`

// tryBoot loads what the units would load, and compares the table with the one in
// force.
func (t NftTable) tryBoot(ctx context.Context, sys *system.System, loaders []loaderUnit, withOwn bool, next *NextBoot) error {
	links, err := sys.Ask(ctx, "ls", "/sys/class/net")
	if err != nil {
		return err
	}
	argv := []string{"unshare", "--net", "sh", "-c", tryScript, "sh"}
	byFile := map[string]string{}
	for _, u := range loaders {
		files := u.ruleFiles()
		if len(files) == 0 {
			next.Untried = append(next.Untried, u.name)
		}
		for _, file := range files {
			byFile[file] = u.name
			argv = append(argv, file)
		}
	}
	if withOwn {
		argv = append(argv, t.rulesFile().Path)
	}
	out, err := sys.Runner.Run(ctx, system.Command{Argv: argv, Env: []string{
		"LINKS=" + strings.ReplaceAll(strings.TrimSpace(string(links.Stdout)), "\n", " "), "FAMILY=" + t.Family, "NAME=" + t.Name,
	}})
	if err != nil {
		return err
	}
	tried, table, _ := bytes.Cut(out.Stdout, []byte("table:\n"))
	for line := range strings.Lines(string(tried)) {
		file := strings.TrimPrefix(strings.TrimSpace(line), "untried ")
		if file == t.rulesFile().Path {
			next.Trouble = append(next.Trouble, "nft does not load "+file+": "+system.LastWords(out))
		} else {
			next.Untried = append(next.Untried, byFile[file])
		}
	}
	running, err := t.running(ctx, sys)
	switch {
	case err != nil:
		return err
	case out.Exit != 0:
		next.Trouble = append(next.Trouble, "after the next start there would be no table "+t.Key())
	case running != nil && !bytes.Equal(table, running):
		next.Trouble = append(next.Trouble, "after the next start the table "+t.Key()+" would differ from the present one")
	}
	if running == nil {
		next.Trouble = append(next.Trouble, "the table "+t.Key()+" is not there now")
	}
	return nil
}

// ruleFiles returns the files of rules that a unit loads with nft. It is empty for
// a unit that runs another program for that.
func (u loaderUnit) ruleFiles() []string {
	var files []string
	for _, argv := range u.commands {
		at := slices.Index(argv, "-f")
		if len(argv) > 0 && strings.HasSuffix(argv[0], "/nft") && at > 0 && at+1 < len(argv) {
			files = append(files, argv[at+1])
		}
	}
	return files
}

// loadedAgain asks the journal for the last time that another program's change was
// undone.
func (t NftTable) loadedAgain(ctx context.Context, sys *system.System) (string, error) {
	out, err := sys.Ask(ctx, "journalctl", "--quiet", "--no-pager", "--boot", "--output=short-unix", "--lines=1", "--grep=loaded it again", "--unit="+t.unitName())
	if err != nil {
		return "", err
	}
	seconds, _, _ := strings.Cut(string(out.Stdout), ".")
	var at int64
	if n, err := fmt.Sscanf(seconds, "%d", &at); n != 1 || err != nil {
		return "", nil
	}
	return time.Unix(at, 0).UTC().Format(time.RFC3339), nil
}
