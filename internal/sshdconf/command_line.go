package sshdconf

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Running is the place of settings that only the running server has on its
// command line, because its unit was changed after it started.
const Running = "the command line of the running SSH server"

// Server is the system's knowledge of the SSH server's command line.
type Server struct {
	// Unit holds the files of its unit, in the order in which systemd reads them.
	// None means the distribution's own unit.
	Unit []string
	// Process is the command line of the running server (proc_pid_cmdline(5)). It
	// is empty if none runs.
	Process string
}

// CommandLine holds the settings on the server's command line. They override
// every file, and `sshd -T` does not show them by itself. A keyword that begins
// with "-" is the option of that name: with -f, the server reads another file
// altogether.
type CommandLine struct {
	Next    []Setting // of the next server to start
	Running []Setting // of the running server
	Runs    bool
}

// flags maps sshd's options with an argument to the keyword that each stands
// for (sshd(8)).
var flags = map[byte]string{
	'p': "port", 'f': "-f", 'h': "hostkey", 'g': "logingracetime", 'c': "hostcertificate", 'o': "", 'C': "-C", 'E': "-E", 'u': "-u", 'b': "-b", 'k': "-k",
}

// CommandLine reads the server's command line.
func (f Files) CommandLine(server Server) (CommandLine, error) {
	words, err := f.start(server.Unit)
	line := CommandLine{Next: options(words), Runs: server.Process != ""}
	if line.Runs {
		line.Running = options(processWords(server.Process))
	}
	return line, err
}

// Settings returns the settings of both command lines, each once.
func (c CommandLine) Settings() []Setting {
	all := c.Next
	for _, s := range c.Running {
		if !saysTheSame(c.Next, s) {
			all = append(all, s)
		}
	}
	return all
}

func saysTheSame(settings []Setting, other Setting) bool {
	for _, s := range settings {
		if s.Keyword == other.Keyword && s.Value() == other.Value() {
			return true
		}
	}
	return false
}

// InForce returns the settings of the running server. If none runs, it returns
// those of the next one.
func (c CommandLine) InForce() []Setting {
	if c.Runs {
		return c.Running
	}
	return c.Next
}

// Options returns settings as command line options, for `sshd -T`.
func Options(settings []Setting) []string {
	var words []string
	for _, s := range settings {
		switch {
		case s.Keyword == "-f":
			words = append(words, "-f", s.Value())
		case !strings.HasPrefix(s.Keyword, "-"):
			words = append(words, "-o", s.Keyword+"="+quoted(s.Args))
		}
	}
	return words
}

func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if arg == "" || strings.ContainsAny(arg, blank+`#"'\`) {
			words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(arg) + `"`
		}
	}
	return strings.Join(words, " ")
}

// ReadServer reads everything that the server goes by: its command line, and
// the files that this names. If the running server reads another file than the
// next one will, both are read.
func (f Files) ReadServer(server Server) ([]Setting, error) {
	line, err := f.CommandLine(server)
	if err != nil {
		return nil, err
	}
	settings := line.Settings()
	files := []string{mainFile(line.Next)}
	if running := mainFile(line.InForce()); running != files[0] {
		files = append(files, running)
	}
	for _, file := range files {
		read, err := f.Read(file)
		if err != nil {
			return nil, err
		}
		settings = append(settings, read...)
	}
	return settings, nil
}

// mainFile returns the file that the server starts with, by its command line.
func mainFile(line []Setting) string {
	file := Main
	for _, s := range line {
		if s.Keyword == "-f" {
			file = path.Join("/", s.Value())
		}
	}
	return file
}

// argument is a word of a command line, with its place.
type argument struct {
	text string
	file string
	line int
}

// options reads words as getopt(3) does for sshd.
func options(words []argument) []Setting {
	var settings []Setting
	for i := 0; i < len(words); i++ {
		word := words[i]
		for at := 1; at < len(word.text) && word.text[0] == '-'; at++ {
			keyword, takes := flags[word.text[at]]
			if !takes {
				continue
			}
			value := word.text[at+1:]
			if value == "" && i+1 < len(words) {
				i++
				value = words[i].text
			}
			s := Statement{keyword, []string{value}}
			if keyword == "" {
				s, _ = Parse(value) // sshd does not start with one that it refuses
			}
			if s.Keyword != "" {
				settings = append(settings, Setting{File: word.file, Line: word.line, Keyword: s.Keyword, Args: s.Args, Command: true})
			}
			break
		}
	}
	return settings
}

// processWords reads a running server's command line. sshd overwrites it with
// blanks between the words (sshd.c, listener_proctitle). So an option's value
// that contains a blank must be put together again.
func processWords(process string) []argument {
	var words []string
	if title, _, is := strings.Cut(process, " [listener]"); is {
		words = joined(strings.Fields(strings.TrimPrefix(title, "sshd: ")))
	} else {
		words = strings.Split(strings.TrimRight(process, "\x00"), "\x00")
	}
	var arguments []argument
	for _, word := range afterProgram(words) {
		arguments = append(arguments, argument{text: word, file: Running})
	}
	return arguments
}

// joined puts together what follows an option -o whose value has no "=".
func joined(words []string) []string {
	var all []string
	open := false // whether more words may belong to the last one
	for _, word := range words {
		option := strings.HasPrefix(word, "-")
		if open && !option && len(all) > 0 && all[len(all)-1] != "-o" {
			all[len(all)-1] += " " + word
			continue
		}
		of := len(all) > 0 && all[len(all)-1] == "-o"
		open = !strings.Contains(word, "=") && (of || strings.HasPrefix(word, "-o"))
		all = append(all, word)
	}
	return all
}

// readable returns a file's content, or nothing if there is no such file.
func (f Files) readable(file string) (string, error) {
	content, err := f.content(file)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(content), err
}
