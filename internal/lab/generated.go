package lab

import (
	"bytes"
	"fmt"

	"cairn/internal/document"
)

// schemaID is the schema's name, which editors show. Nothing is fetched from that
// address.
const schemaID = "https://cairn.invalid/lab.schema.json"

// Schema returns the JSON Schema of lab files (draft-07, which most editors
// support). It describes every key, option and form. How values must fit together
// is checked by [Parse] alone. The bytes are always the same.
func Schema() []byte { return document.JSONSchema(labShape(), schemaID, "Cairn lab file") }

// Reference returns the reference page of lab files, in Markdown. The bytes are
// always the same.
func Reference() []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	b.Write(document.Tables("The top level", labShape()))
	fmt.Fprintf(&b, referenceTail, dialect.MaxBytes>>10, dialect.MaxValues, dialect.MaxDepth)
	return b.Bytes()
}

const referenceHead = `# The lab file

<!-- Generated from internal/lab. Do not edit: run go test ./internal/lab -update -->

` + "`lab.yaml`" + ` is all that you have to write. It lives in a folder of its own, best in a git repository. ` + "`cairn init`" + ` writes one to
begin with. Beside it, it writes a schema by which editors complete and check it. ` + "`cairn validate`" + ` checks all of it without
reaching any host, and names everything that is wrong with line and column.

Reading is strict. An unknown key, the same key twice, a value of another form and an unknown name are errors. So are addresses
that clash and choices that do not go together.

`

const referenceTail = `## What is checked beyond the form of values

- Every address of a host is in a network of the lab, and both of its addresses are in the same one.
- No two machines have the same address, gateways included.
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
