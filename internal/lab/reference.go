package lab

import (
	"bytes"
	"fmt"
	"strings"
)

// Reference is the reference page of lab files, in Markdown. It is the same
// bytes every time.
func Reference() []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	section(&b, "The top level", labShape(), "")
	fmt.Fprintf(&b, referenceTail, maxBytes>>10, maxNodes, maxDepth)
	return b.Bytes()
}

const referenceHead = `# The lab file

<!-- Generated from internal/lab. Do not edit: run go test ./internal/lab -update -->

` + "`lab.yaml`" + ` is all that you have to write. It lives in a folder of its own, best in a git repository. ` + "`cairn init`" + ` writes one to
begin with, and beside it a schema by which editors complete and check it; ` + "`cairn validate`" + ` checks all of it, without reaching any
host, and names everything that is wrong with line and column.

Reading is strict: an unknown key, a key that is there twice, a value of another form, a name that is not known, addresses
that clash and choices that cannot be together are errors.

`

const referenceTail = `## What is checked beyond the form of values

- Every address of a host is in a network of the lab, both of its addresses in the same one, and no other host's nor a gateway's.
- Networks do not overlap each other.
- Addresses that belong to a network itself (the first and the broadcast address) are not given to machines.
- ` + "`network.admin`" + ` names somebody, and never everybody: ` + "`0.0.0.0/0`" + `, ` + "`::/0`" + ` and other large parts of the internet are refused.
- Networks in one list do not overlap.
- The port of SSH is not in ` + "`open`" + `, because only ` + "`network.admin`" + ` may reach it. Nothing is opened on a host that is only a vantage.
- At least one host is more than a vantage.
- ` + "`velero`" + ` needs Kubernetes; ` + "`nginx-proxy-manager`" + ` needs docker; ` + "`letsencrypt`" + ` needs a domain that somebody can own.
- A compose file that is named is there. Beside ` + "`compose`" + `, a service has no other key than ` + "`http`" + `.
- A checkpoint that is waived is one of the roadmap, and has one waiver.

## YAML

Anchors, aliases and ` + "`<<`" + ` may be used; tags, directives and a second document may not. Whole numbers are written plainly, so not as
` + "`022`" + ` or ` + "`0x16`" + `. Put IPv6 addresses within brackets or braces into quotes. A file has at most %d KiB, %d values (with aliases
counted in full) and %d levels.
`

// section writes the keys of a mapping as a table, and then those below it.
func section(b *bytes.Buffer, title string, s *shape, path string) {
	fmt.Fprintf(b, "## %s\n\n| key | value | without it | meaning |\n|---|---|---|---|\n", title)
	for _, k := range s.keys {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.name, cell(valueWords(k.shape)), cell(without(k)), cell(k.doc))
	}
	b.WriteString("\n")
	for _, k := range s.keys {
		below, at := mappingBelow(k.shape, join(path, k.name))
		if below != nil {
			section(b, code(at), below, at)
		}
	}
}

// valueWords says what a key's value is.
func valueWords(s *shape) string {
	switch {
	case s.kind == list:
		return "list: " + valueWords(s.item)
	case s.names != nil:
		return "for each name: " + valueWords(s.item)
	case s.kind == mapping:
		return "keys"
	case s.orElse != nil:
		return s.form.expected() + ", or keys"
	case s.form != nil && len(s.form.options) > 0:
		return "`" + strings.Join(s.form.options, "`, `") + "`"
	case s.kind == integer:
		return fmt.Sprintf("whole number from %d to %d", s.form.min, s.form.max)
	}
	return s.expected()
}

// without says what holds when a key is not there.
func without(k key) string {
	switch {
	case k.unless != "":
		return "**required** where there is no " + code(k.unless)
	case k.required:
		return "**required**"
	case k.fallback == "":
		return "-"
	}
	return k.fallback
}

// mappingBelow finds the mapping that a key leads to, if any, with its path:
// hosts leads to that of one host.
func mappingBelow(s *shape, path string) (*shape, string) {
	switch {
	case s.orElse != nil:
		return mappingBelow(s.orElse, path)
	case s.kind == list:
		return mappingBelow(s.item, path+"[]")
	case s.names != nil:
		return mappingBelow(s.item, path+".NAME")
	case s.kind == mapping && len(s.keys) > 0:
		return s, path
	}
	return nil, ""
}

// cell escapes what would end a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
