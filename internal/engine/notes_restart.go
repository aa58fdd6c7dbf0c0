package engine

import "strings"

// restarts says which software of the host is installed, removed, started, stopped
// or reloaded.
func restarts(n noteInput) []Note {
	var installed, removed, started, stopped []string
	for _, s := range n.steps {
		kind, name := s.Kind(), s.Key()
		for _, c := range s.Diff.Changes {
			switch {
			case kind == "packages" && c.To == "absent":
				removed = append(removed, c.Property)
			case kind == "packages":
				installed = append(installed, c.Property)
			case kind == "unit" && c.Property == "runs" && c.To == "yes":
				started = append(started, name)
			case kind == "unit" && c.Property == "runs":
				stopped = append(stopped, name)
			}
		}
	}
	var notes []Note
	for _, told := range []struct {
		what  string
		names []string
	}{{"Will be installed: ", installed}, {"Will be removed: ", removed}, {"Will be started: ", started}, {"Will be stopped: ", stopped}} {
		if len(told.names) > 0 {
			notes = append(notes, Note{Kind: NoteRestart, Text: told.what + strings.Join(told.names, ", ") + "."})
		}
	}
	return append(notes, reloads(n)...)
}

// reloads says that open SSH sessions survive, because owners fear for them.
func reloads(n noteInput) []Note {
	if _, changes := n.changing("sshd-dropin "); !changes {
		return nil
	}
	return []Note{{Kind: NoteRestart, Text: "The SSH server reads its configuration again. Sessions that are open stay open."}}
}
