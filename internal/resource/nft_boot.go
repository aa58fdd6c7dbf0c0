package resource

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"

	"cairn/internal/system"
)

// Plain files keep a table without any help of Cairn: its rules, a shell script
// that loads them and watches over them, and two units. They have a directory of
// their own, because other tools load everything in /etc/nftables.d.

//go:embed nft_keep.sh
var keepScript string

// keepDir holds the rules and the script.
const keepDir = "/etc/cairn/"

// otherLoaders are units that flush or load rules of their own at their start.
// Names that a host does not have do no harm.
var otherLoaders = []string{
	"nftables.service", "netfilter-persistent.service", "firewalld.service", "ufw.service", "iptables.service", "ip6tables.service",
	"ferm.service", "shorewall.service", "shorewall6.service", "docker.service",
}

// OtherLoaders returns the names of units that are known to flush or load rules.
func OtherLoaders() []string { return slices.Clone(otherLoaders) }

// CairnTable is the name of the one table that Cairn owns.
const CairnTable = "cairn"

func (t NftTable) text() Content { return Inline("# Managed by Cairn.\n" + t.replacement()) }

func (t NftTable) rulesFile() File {
	return File{Path: keepDir + t.Name + ".nft", Content: t.text(), Mode: 0o600}
}

// trialFile holds rules that are in force but not confirmed. A restart of the host
// empties /run, and so leads back.
func (t NftTable) trialFile() File {
	return File{Path: "/run/" + t.Name + "-firewall.nft", Content: t.text(), Mode: 0o600}
}

func (t NftTable) script() File {
	fill := strings.NewReplacer("FAMILY", t.Family, "NAME", t.Name, "UNIT", t.unitName(), "RULES", t.rulesFile().Path, "TRIAL", t.trialFile().Path)
	return File{Path: keepDir + t.Name + "-firewall.sh", Content: Inline(fill.Replace(keepScript)), Mode: 0o644}
}

func (t NftTable) unitName() string      { return t.Name + "-firewall.service" }
func (t NftTable) againUnitName() string { return t.Name + "-firewall-again.service" }

// unit loads the table before the network is up (systemd.special(7),
// network-pre.target). It is active as long as the watcher runs. It is not ordered
// after other loaders: one that waits for the network would make a cycle, and
// systemd breaks a cycle by leaving a unit out.
func (t NftTable) unit() File {
	script := "/bin/bash " + t.script().Path
	return File{Path: unitDir + t.unitName(), Mode: 0o644, Content: Inline(`[Unit]
Description=Firewall table ` + t.Key() + `, loaded and kept
Documentation=man:nft(8)
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStartPre=` + script + ` load
ExecStart=` + script + ` watch
ExecReload=` + script + ` load
Restart=always
RestartSec=1

[Install]
WantedBy=sysinit.target
`)}
}

// againUnit loads the table once more after each start of another loader. The
// loaders want it (systemd.unit(5), WantedBy=), so their own files stay as they
// are. PartOf= would also stop it together with them.
func (t NftTable) againUnit() File {
	others := strings.Join(otherLoaders, " ")
	return File{Path: unitDir + t.againUnitName(), Mode: 0o644, Content: Inline(`[Unit]
Description=Load the firewall table ` + t.Key() + ` again after others
DefaultDependencies=no
After=` + t.unitName() + ` ` + others + `

[Service]
Type=oneshot
ExecStart=/bin/bash ` + t.script().Path + ` load

[Install]
WantedBy=` + others + `
`)}
}

// links are the links that enabling both units makes.
func (t NftTable) links() []string {
	links := []string{unitDir + "sysinit.target.wants/" + t.unitName()}
	for _, other := range otherLoaders {
		links = append(links, unitDir+other+".wants/"+t.againUnitName())
	}
	return links
}

// earlierRules is where an earlier version of Cairn kept the rules, in a directory
// that other tools load too.
func (t NftTable) earlierRules() File {
	return File{Path: "/etc/nftables.d/" + t.Name + ".nft", Absent: true}
}

func (t NftTable) files() []File {
	return []File{t.rulesFile(), t.script(), t.unit(), t.againUnit(), t.earlierRules()}
}

// What [NftTable.bootState] and [NftTable.watchState] return if all is well.
const (
	bootKept = "kept"
	watched  = "loaded again"
)

// bootState says whether the table comes back after a restart.
func (t NftTable) bootState(ctx context.Context, sys *system.System) (string, error) {
	state := bootKept
	for _, f := range t.files() {
		d, err := f.Check(ctx, sys)
		if err != nil {
			return "", err
		}
		if !d.Empty() {
			state = "kept by other files"
		}
	}
	for _, link := range t.links() {
		_, _, found, err := sys.Stat(link)
		if err != nil {
			return "", err
		}
		if !found {
			state = "not always kept"
		}
	}
	for _, path := range []string{t.unit().Path, t.links()[0]} {
		_, _, found, err := sys.Stat(path)
		if err != nil {
			return "", err
		}
		if !found {
			state = "not kept"
		}
	}
	return state, nil
}

// watchState says what happens when somebody else changes the table.
func (t NftTable) watchState(ctx context.Context, sys *system.System) (string, error) {
	state, err := unitStateOf(ctx, sys, t.unitName())
	if err != nil {
		return "", err
	}
	d, err := t.unit().Check(ctx, sys)
	if err != nil {
		return "", err
	}
	if !state.runs() || state.reload || !d.Empty() {
		return "nobody notices", nil
	}
	return watched, nil
}

// Capture implements [Guardable].
func (t NftTable) Capture(ctx context.Context, sys *system.System) (system.Undo, error) {
	paths := t.links()
	for _, f := range append(t.files(), t.trialFile()) {
		paths = append(paths, f.Path)
	}
	undo, err := sys.CaptureFiles(paths...)
	if err != nil {
		return system.Undo{}, err
	}
	running, err := t.running(ctx, sys)
	if err != nil {
		return system.Undo{}, err
	}
	undo.Commands = []system.Command{
		{Argv: []string{"nft", "-f", "-"}, Stdin: []byte(t.removal() + string(running))},
		{Argv: []string{"systemctl", "daemon-reload"}},
	}
	unit, err := sys.Ask(ctx, "systemctl", "is-active", "--quiet", "--", t.unitName())
	if err != nil {
		return system.Undo{}, err
	}
	if unit.Exit != 0 {
		// This is a pattern. If no unit matches it, that is not an error.
		undo.Commands = append(undo.Commands, system.Command{Argv: []string{"sh", "-c", stopCleanly, t.Name + "-firewall.servic[e]"}})
	}
	state, err := sys.CaptureState(ctx, "nft", "--stateless", "list", "table", t.Family, t.Name)
	undo.States = []system.State{state}
	return undo, err
}

// stopCleanly stops the units that match a pattern. It also resets those that
// count as failed because they were stopped during their start. It does not wait:
// while the host starts, the stop may have to wait for this very process.
const stopCleanly = `systemctl --no-block stop "$0" || exit
n=0
while [ $n -lt 50 ] && [ -n "$(systemctl list-jobs --no-legend -- "$0")" ]; do
	sleep 0.1
	n=$((n + 1))
done
exec systemctl reset-failed "$0"`

// Persist implements [Guardable]. It removes the trial file last, so the watcher
// always finds the same rules in one file or the other.
func (t NftTable) Persist(ctx context.Context, sys *system.System) error {
	for _, f := range t.files() {
		if _, err := Converge(ctx, sys, f, ""); err != nil {
			return err
		}
	}
	trial := t.trialFile()
	if err := errors.Join(sys.RemoveEmpty("/etc/nftables.d"), sys.Remove(trial.Path)); err != nil {
		return err
	}
	// Enabling also makes systemd reload the units (systemctl(1), "enable").
	if _, err := sys.Run(ctx, "systemctl", "enable", t.unitName(), t.againUnitName()); err != nil {
		return err
	}
	_, err := sys.Run(ctx, "systemctl", "restart", t.unitName())
	return err
}
