package sshdconf

import (
	"fmt"
	"path"
	"strings"

	"cairn/internal/distro"
)

// usualUnit returns the relevant part of the distribution's own unit.
func usualUnit(d distro.SSH) string {
	return fmt.Sprintf("[Service]\nEnvironmentFile=-%s\nExecStart=/usr/sbin/sshd -D $%s\n", d.CommandLine, d.Variable)
}

// unit is what a unit's files say about the start of the server.
type unit struct {
	command     argument // the value of ExecStart
	environment []argument
	files       []string // of environment variables
}

// start returns the command line of the next server, word by word, with its
// variables replaced (systemd.service(5), COMMAND LINES).
func (f Files) start(files []string) ([]argument, error) {
	var u unit
	for _, file := range files {
		content, err := f.readable(file)
		if err != nil {
			return nil, err
		}
		u.read(file, content)
	}
	if len(files) == 0 {
		u.read("", usualUnit(distro.At(f.Root).SSH))
	}
	variables, err := f.variables(u)
	if err != nil {
		return nil, err
	}
	words, err := split(u.command.text)
	if err != nil {
		return nil, nil // systemd does not start such a unit
	}
	var all []argument
	for _, word := range afterProgram(words) {
		name, is := strings.CutPrefix(word, "$")
		if braced := strings.HasPrefix(name, "{"); !is || braced {
			all = append(all, argument{replaced(word, variables), u.command.file, u.command.line})
			continue
		}
		of := variables[name]
		parts, _ := split(of.text)
		for _, part := range parts {
			all = append(all, argument{part, of.file, of.line})
		}
	}
	return all, nil
}

// afterProgram returns the words after sshd itself. There are none if another
// program starts it, because nothing is known about that program's options.
func afterProgram(words []string) []string {
	for i, word := range words {
		if path.Base(word) == "sshd" {
			return words[i+1:]
		}
	}
	return nil
}

// read adds what one file says. An empty value cancels what earlier files said
// (systemd.service(5)).
func (u *unit) read(file, content string) {
	section := ""
	for _, line := range lines(content) {
		line.file = file
		text := strings.TrimSpace(line.text)
		if strings.HasPrefix(text, "[") {
			section = text
		}
		key, value, _ := strings.Cut(text, "=")
		if section != "[Service]" {
			continue
		}
		line.text = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "ExecStart":
			u.command = line
		case "Environment":
			if u.environment = append(u.environment, line); line.text == "" {
				u.environment = nil
			}
		case "EnvironmentFile":
			if u.files = append(u.files, strings.TrimPrefix(line.text, "-")); line.text == "" {
				u.files = nil
			}
		}
	}
}

// lines returns the lines of a file as systemd reads them, each with the number
// of its first line. A line that ends in a backslash continues, and comments
// are left out.
func lines(content string) []argument {
	var all []argument
	number, open := 0, false
	for text := range strings.Lines(content) {
		number++
		text = strings.TrimRight(text, "\r\n")
		if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
			continue
		}
		more, goesOn := strings.CutSuffix(text, `\`)
		if open {
			all[len(all)-1].text += " " + more
		} else {
			all = append(all, argument{text: more, line: number})
		}
		open = goesOn
	}
	return all
}

// variables returns the unit's variables by name. Those from files override the
// rest (systemd.exec(5), EnvironmentFile).
func (f Files) variables(u unit) (map[string]argument, error) {
	variables := map[string]argument{}
	for _, line := range u.environment {
		words, _ := split(line.text)
		for _, word := range words {
			name, value, _ := strings.Cut(word, "=")
			variables[name] = argument{value, line.file, line.line}
		}
	}
	for _, file := range u.files {
		file = path.Clean(file)
		content, err := f.readable(file)
		if err != nil {
			return nil, err
		}
		for _, line := range lines(content) {
			if name, value, is := strings.Cut(strings.TrimSpace(line.text), "="); is {
				variables[strings.TrimSpace(name)] = argument{strings.Trim(strings.TrimSpace(value), `"'`), file, line.line}
			}
		}
	}
	return variables, nil
}

// replaced returns a word with its ${VARIABLES} replaced.
func replaced(word string, variables map[string]argument) string {
	for name, value := range variables {
		word = strings.ReplaceAll(word, "${"+name+"}", value.text)
	}
	return word
}
