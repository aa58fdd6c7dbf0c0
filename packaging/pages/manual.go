package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manual are the man pages of a command and all below it, by their file names, in
// the language of man(7).
func manual(root *cobra.Command, version string) map[string]string {
	pages := map[string]string{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		pages[pageName(cmd)+".1"] = manPage(cmd, version)
		for _, below := range cmd.Commands() {
			visit(below)
		}
	}
	visit(root)
	return pages
}

// pageName is a command's path as one word, as git names its pages.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manPage(cmd *cobra.Command, version string) string {
	var p page
	fmt.Fprintf(&p, ".TH %q 1 \"\" %q \"Cairn\"\n", strings.ToUpper(pageName(cmd)), "cairn "+version)
	p.WriteString(".nh\n.ad l\n") // commands and paths are not to be broken
	p.section("NAME")
	p.text(pageName(cmd) + " - " + cmd.Short)
	text, status, found := strings.Cut(cmd.Long, "\nEXIT STATUS\n")
	if cmd.Runnable() {
		p.section("SYNOPSIS")
		p.block([]string{synopsis(cmd)})
	}
	p.section("DESCRIPTION")
	p.text(strings.TrimSpace(text))
	if cmd.HasAvailableSubCommands() {
		p.section("COMMANDS")
		for _, below := range cmd.Commands() {
			if below.IsAvailableCommand() {
				p.entry(bold(below.CommandPath()), below.Short)
			}
		}
	}
	p.flags("OPTIONS", cmd.LocalNonPersistentFlags())
	p.flags("OPTIONS OF EVERY COMMAND", cmd.Root().PersistentFlags())
	if found {
		p.section("EXIT STATUS")
		p.block(strings.Split(strings.TrimRight(status, "\n"), "\n"))
	}
	if !cmd.HasParent() {
		p.files()
	}
	p.seeAlso(cmd)
	return p.String()
}

// synopsis is how a command is written.
func synopsis(cmd *cobra.Command) string {
	if cmd.HasSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine() + " [OPTION...]"
}

// page is a man page while it is written.
type page struct{ strings.Builder }

func (p *page) section(title string) { fmt.Fprintf(p, ".SH %s\n", title) }

// text writes paragraphs. Lines that are indented stay as they are.
func (p *page) text(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		lines := strings.Split(paragraph, "\n")
		switch {
		case strings.HasPrefix(lines[0], " "):
			p.block(lines)
		default:
			if i > 0 {
				p.WriteString(".PP\n")
			}
			p.WriteString(escaped(paragraph) + "\n")
		}
	}
}

// block writes lines as they are.
func (p *page) block(lines []string) {
	p.WriteString(".PP\n.nf\n")
	for _, line := range lines {
		p.WriteString(escaped(line) + "\n")
	}
	p.WriteString(".fi\n")
}

// entry writes a name, which is escaped already, and what it is.
func (p *page) entry(name, text string) { fmt.Fprintf(p, ".TP\n%s\n%s\n", name, escaped(text)) }

func (p *page) flags(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.section(title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := bold("--" + f.Name)
		if f.Shorthand != "" {
			name = bold("-"+f.Shorthand) + ", " + name
		}
		if value != "" {
			name += " " + escaped(value)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && !strings.Contains(usage, "(default") {
			usage += " (default: " + f.DefValue + ")"
		}
		p.entry(name, usage)
	})
}

// files are those that Cairn keeps.
func (p *page) files() {
	p.section("FILES")
	p.entry(bold("lab.yaml"), "Your lab: networks, hosts, what they are for. You write it.")
	p.entry(bold(".cairn/"), "The journal, the evidence and the pinned keys of your hosts. It lies beside lab.yaml. Back up both.")
	p.entry(bold("/var/lib/cairn/"), "On each host: the agent and its records. `cairn host purge` removes them.")
}

func (p *page) seeAlso(cmd *cobra.Command) {
	var others []string
	if cmd.HasParent() {
		others = append(others, bold(pageName(cmd.Parent()))+"(1)")
	}
	for _, below := range cmd.Commands() {
		others = append(others, bold(pageName(below))+"(1)")
	}
	others = append(others, bold("ssh")+"(1)")
	p.section("SEE ALSO")
	p.WriteString(strings.Join(others, ", ") + "\n")
}

func bold(text string) string { return `\fB` + escaped(text) + `\fR` }

// escaped is text without what man(7) would read as a request or an escape. A
// hyphen is written so that it can be copied into a shell.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
