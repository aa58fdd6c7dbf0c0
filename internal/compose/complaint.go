package compose

import (
	"path/filepath"
	"reflect"
	"strings"

	"github.com/compose-spec/compose-go/v2/errdefs"
	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
	"cairn/internal/spelling"
)

// complaints turns the library's error into faults, one for each wrong value.
func (f *File) complaints(err error) (faults document.Faults) {
	text := strings.TrimSuffix(err.Error(), "\nYou may need to escape any $ with another $.")
	text = strings.TrimPrefix(text, "decoding failed due to the following error(s):\n\n")
	if before, after, is := strings.Cut(text, "invalid interpolation format for "); is && before == "" {
		return document.Faults{f.interpolation(after)}
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimPrefix(line, "validating "+f.Path+": ")
		line = strings.TrimPrefix(line, filepath.Base(f.Path)+": ")
		line = strings.TrimSuffix(line, ": "+errdefs.ErrInvalid.Error())
		if line = strings.TrimSpace(line); line != "" {
			faults = append(faults, f.complaint(line))
		}
	}
	return faults
}

// complaint turns one line of the library's error into a fault.
func (f *File) complaint(line string) document.Fault {
	path := f.pathIn(line)
	// For an unknown key, the JSON schema says that nothing may stand there.
	if key, unknown := strings.CutSuffix(line, " false schema"); unknown {
		return f.unknownKey(strings.Split(key, "."))
	}
	if len(path) == 0 {
		return document.Flaw{Message: line}.At(f.placeOfValue(line))
	}
	return f.fault(path, document.Flaw{Message: line})
}

// unknownKey reports a key that Compose does not know.
func (f *File) unknownKey(path []string) document.Fault {
	key, where := path[len(path)-1], strings.Join(path[:len(path)-1], ".")
	flaw := document.Flaw{Message: "unknown key " + document.Quoted(key)}
	if where != "" {
		flaw.Message += " in " + where
	}
	if len(path) == 3 && path[0] == "services" {
		flaw.Suggestion = spelling.Nearest(key, keysOf(reflect.TypeFor[types.ServiceConfig]()))
	}
	return f.fault(path, flaw)
}

// keysOf returns the keys that a Compose type has in YAML.
func keysOf(of reflect.Type) (keys []string) {
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case field.Anonymous:
			keys = append(keys, keysOf(field.Type)...)
		case name != "" && name != "-" && !strings.HasPrefix(name, "#"):
			keys = append(keys, name)
		}
	}
	return keys
}

// interpolation reports a variable that cannot be read.
func (f *File) interpolation(rest string) document.Fault {
	path, rest, _ := strings.Cut(rest, ".\n")
	value := document.Quoted(strings.TrimSpace(rest[strings.LastIndex(rest, "\n")+1:]))
	if f.inFolder {
		value = "the value" // it may hold a secret
	}
	return f.fault(strings.Split(path, "."), document.Flaw{
		Message: value + " names no variable that can be read", Expected: "${NAME}, or $$ for a dollar sign",
	})
}

// placeOfValue finds the place of a complaint without a path. It looks for the only
// value that equals the complaint's last word, or its part before the first or after
// the last colon. If none or several do, it returns the top of the file.
func (f *File) placeOfValue(line string) document.Place {
	words := strings.Fields(line)
	last := strings.Trim(words[len(words)-1], "'\"")
	var found []document.Place
	f.eachText(f.root, func(n *document.Node) {
		if n.Text == last || strings.HasPrefix(n.Text, last+":") || strings.HasSuffix(n.Text, ":"+last) {
			found = append(found, n.Place)
		}
	})
	if len(found) != 1 {
		return document.Place{Line: 1, Column: 1}
	}
	return found[0]
}

// pathIn finds the path in a complaint: the first word of the form
// services.NAME.KEY, or the name of a service.
func (f *File) pathIn(line string) []string {
	line = strings.NewReplacer("services[", "services.", "volumes[", "volumes.", "networks[", "networks.", "].", ".").Replace(line)
	for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(" :'\"[]", r) }) {
		if first, _, dotted := strings.Cut(word, "."); dotted && f.root.Pair(first) != nil {
			return strings.Split(word, ".")
		}
		if f.root.Get("services").Pair(word) != nil {
			return []string{"services", word}
		}
	}
	return nil
}
