package resource

import (
	"context"
	"strings"

	"cairn/internal/system"
)

// Original implements [Restorable].
func (f File) Original(_ context.Context, sys *system.System) (system.Undo, error) {
	return sys.NoteFiles(f.Path)
}

// Original implements [Restorable].
func (DockerDaemon) Original(_ context.Context, sys *system.System) (system.Undo, error) {
	return sys.CaptureFiles(daemonFile, daemonRecord)
}

// Original implements [Restorable].
func (s SSHDropin) Original(ctx context.Context, sys *system.System) (system.Undo, error) {
	undo, err := s.Capture(ctx, sys)
	undo.States = nil // what others configure meanwhile is theirs
	return undo, err
}

// Original implements [Restorable]. The table is Cairn's alone, so there was none.
func (t NftTable) Original(ctx context.Context, sys *system.System) (system.Undo, error) {
	undo, err := t.Capture(ctx, sys)
	if err != nil {
		return system.Undo{}, err
	}
	undo.States = nil
	for i, c := range undo.Commands {
		if c.Argv[0] == "nft" {
			undo.Commands[i].Stdin = []byte(t.removal())
		}
	}
	for i, f := range undo.Files {
		if f.Link != "" {
			undo.Files[i] = system.SavedFile{Path: f.Path, Absent: true}
		}
	}
	return undo, nil
}

// Original implements [Restorable].
func (s Sysctl) Original(_ context.Context, sys *system.System) (system.Undo, error) {
	undo, err := sys.NoteFiles(s.file().Path)
	if err != nil {
		return system.Undo{}, err
	}
	value, found, err := sys.Read(s.live())
	if found {
		undo.Commands = []system.Command{{Argv: []string{"tee", s.live()}, Stdin: value}}
	}
	return undo, err
}

// Original implements [Restorable].
func (h Hostname) Original(_ context.Context, sys *system.System) (system.Undo, error) {
	undo, err := sys.NoteFiles(keptName, namesTable)
	if err != nil {
		return system.Undo{}, err
	}
	live, _, err := sys.Read(liveName)
	undo.Commands = []system.Command{{Argv: []string{"hostname", strings.TrimSpace(string(live))}}}
	return undo, err
}

// Original implements [Restorable].
func (Timezone) Original(_ context.Context, sys *system.System) (system.Undo, error) {
	return sys.NoteFiles(localtime, zoneText)
}

// Original implements [Restorable].
func (u Unit) Original(ctx context.Context, sys *system.System) (system.Undo, error) {
	var undo system.Undo
	var err error
	if !u.Content.IsZero() {
		if undo, err = sys.NoteFiles(u.file().Path); err != nil {
			return system.Undo{}, err
		}
	}
	state, err := unitStateOf(ctx, sys, u.Name)
	if err != nil || state.load == "not-found" || state.load == "masked" {
		return undo, err
	}
	if u.Enabled != nil {
		verb := map[bool]string{true: "enable", false: "disable"}[state.enabledAs(true) == "yes"]
		undo.Commands = append(undo.Commands, system.Command{Argv: []string{"systemctl", verb, "--", u.Name}})
	}
	if u.Active != nil {
		verb := map[bool]string{true: "start", false: "stop"}[state.runs()]
		undo.Commands = append(undo.Commands, system.Command{Argv: []string{"systemctl", verb, "--", u.Name}})
	}
	return undo, nil
}

// Original implements [Restorable]. Packages stay: others may need them by now.
func (Packages) Original(context.Context, *system.System) (system.Undo, error) {
	return system.Undo{}, nil
}

func (Packages) leaves(d Diff) string {
	var names []string
	for _, c := range d.Changes {
		if c.To != absent {
			names = append(names, c.Property)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "the packages that were installed: " + strings.Join(names, ", ")
}
