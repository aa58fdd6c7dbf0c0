package lab

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// AddService adds a service of the catalog to the lab file at path: at the end of
// its services, with all comments kept. on is the host that it runs on; empty leaves
// the choice to Cairn. If the file cannot be changed without changing more, the
// error is LabUnwritten and says what to write.
func (k Known) AddService(path, name, on string) error {
	return k.changeServices(path, name, on, func(data []byte, root *document.Node) []byte {
		line := "  " + serviceLine(name, on) + "\n"
		all := root.Get("services").Each()
		if len(all) == 0 {
			if root.Pair("services") != nil {
				return nil // an empty list in a form of its own
			}
			return append(slices.Clone(data), ended(data, "\n# What runs on the hosts; `cairn service list` shows what there is.\nservices:\n"+line)...)
		}
		lines := bytes.SplitAfter(data, []byte("\n"))
		first := lines[all[0].Place.Line-1]
		indent := first[:len(first)-len(bytes.TrimLeft(first, " "))]
		at := endOf(lines, all[len(all)-1].Place.Line, len(indent))
		if at == len(lines) && !bytes.HasSuffix(data, []byte("\n")) {
			line = "\n" + line
		}
		return bytes.Join(slices.Insert(lines, at, []byte(strings.Replace(line, "  ", string(indent), 1))), nil)
	})
}

// RemoveService takes a service out of the lab file at path, with the comments
// behind its lines. Everything else stays as it is.
func (k Known) RemoveService(path, name string) error {
	return k.changeServices(path, name, "", func(data []byte, root *document.Node) []byte {
		all := root.Get("services").Each()
		i := slices.IndexFunc(all, func(p document.Pair) bool { return p.Key == name })
		if i < 0 {
			return nil
		}
		lines := bytes.SplitAfter(data, []byte("\n"))
		from := all[i].Place.Line - 1
		if len(all) == 1 {
			from = root.Pair("services").Place.Line - 1
		}
		line := lines[all[i].Place.Line-1]
		to := endOf(lines, all[i].Place.Line, len(line)-len(bytes.TrimLeft(line, " ")))
		return bytes.Join(slices.Delete(lines, from, to), nil)
	})
}

// endOf returns the number of lines up to the end of an entry: those behind it that
// are indented further.
func endOf(lines [][]byte, line, indent int) int {
	end := line
	for n := line; n < len(lines); n++ {
		text := bytes.TrimLeft(lines[n], " ")
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(lines[n])-len(text) <= indent {
			break
		}
		end = n + 1
	}
	return end
}

// ended begins a text on a line of its own.
func ended(data []byte, text string) string {
	if bytes.HasSuffix(data, []byte("\n")) {
		return text
	}
	return "\n" + text
}

func serviceLine(name, on string) string {
	if on == "" {
		return name + ": {}"
	}
	return fmt.Sprintf("%s: {on: %s}", name, on)
}

// changeServices replaces the lab file by what change makes of it, if that differs
// in the one service alone.
func (k Known) changeServices(path, name, on string, change func(data []byte, root *document.Node) []byte) error {
	data, err := read(path)
	if err != nil {
		return err
	}
	before, err := k.Parse(path, data)
	if err != nil {
		return err
	}
	root, _ := dialect.Read(data)
	changed := change(slices.Clone(data), root)
	if changed != nil {
		after, err := k.Parse(path, changed)
		if err != nil && problem.CodeOf(err) != problem.LabUnwritten && on != "" {
			return err // the host is unknown, with its place
		}
		if err == nil && onlyService(*before, *after, name) {
			return replaceFile(path, changed)
		}
	}
	return problem.New(problem.LabUnwritten, path, "Cairn cannot change the services of the lab file without changing more").
		WithFix("change the entry `" + serviceLine(name, on) + "` under `services` yourself")
}

// onlyService reports whether two labs differ in one service alone: it is in just
// one of them.
func onlyService(before, after Lab, name string) bool {
	without := func(all []Service) []Service {
		return slices.DeleteFunc(slices.Clone(all), func(s Service) bool { return s.Name == name })
	}
	if len(before.Services) == len(after.Services) {
		return false
	}
	a, b := without(before.Services), without(after.Services)
	after.Hash, after.Remarks, after.Services, before.Services = before.Hash, before.Remarks, nil, nil
	return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b)) && reflect.DeepEqual(before, after)
}
