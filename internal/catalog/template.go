package catalog

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"cairn/internal/authority"
	"cairn/internal/document"
	"cairn/internal/spelling"
)

// Values are what templates and Compose files are rendered with.
type Values struct {
	Domain   string
	Timezone string
	Routes   map[string]string // the full name of each route
	Options  map[string]string // as text
	Secrets  map[string]string // nil if no secret may be read
}

// Variables returns the variables that a Compose file may name, as ${NAME}: DOMAIN,
// TIMEZONE, ROUTE_NAME for each route and OPTION_NAME for each option. Secrets are
// never variables, since Compose does not hide the values of variables.
func (v Values) Variables() map[string]string {
	all := map[string]string{"DOMAIN": v.Domain, "TIMEZONE": v.Timezone}
	for name, value := range v.Routes {
		all["ROUTE_"+variable(name)] = value
	}
	for name, value := range v.Options {
		all["OPTION_"+variable(name)] = value
	}
	return all
}

// variable returns a name as it is written in the name of a variable.
func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// Render returns a template with its values filled in. Names were checked when it was
// loaded, so an error means that the values belong to another service.
func (t Template) Render(v Values) ([]byte, error) {
	parsed, err := template.New(t.Path).Funcs(functions(v)).Option("missingkey=error").Parse(t.Text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := parsed.Execute(&b, v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// functions may be called in a template. Each takes one name in quotes.
func functions(v Values) template.FuncMap {
	lookup := func(what string, in map[string]string) func(string) (string, error) {
		return func(name string) (string, error) {
			value, known := in[name]
			if !known {
				return "", fmt.Errorf("there is no %s %q", what, name)
			}
			return value, nil
		}
	}
	all := template.FuncMap{"route": lookup("route", v.Routes), "option": lookup("option", v.Options), "secret": lookup("secret", v.Secrets)}
	for name, part := range authorityParts {
		all[name] = func(secret string) (string, error) {
			value, err := lookup("authority", v.Secrets)(secret)
			if err != nil {
				return "", err
			}
			parts, err := authority.Parse(value)
			if err != nil {
				return value, nil // something stands in for the authority
			}
			return part(parts), nil
		}
	}
	return all
}

// authorityParts are the functions that read a part of an authority. None of them
// reads the root key.
var authorityParts = map[string]func(authority.Parts) string{
	"rootCertificate":    func(p authority.Parts) string { return p.Root },
	"issuingCertificate": func(p authority.Parts) string { return p.Intermediate },
	"issuingKey":         func(p authority.Parts) string { return p.IntermediateKey },
}

// templateCheck finds names in a template that do not exist.
type templateCheck struct {
	names   map[string][]string // of each function
	fields  []string            // of the values
	tree    *parse.Tree
	faults  document.Faults
	secrets []string // those that the template reads
}

// checkTemplate reads a template of a service. It returns its faults, with their
// places but without the file.
func checkTemplate(s *Service, path, text string) (Template, document.Faults) {
	parsed, err := template.New(path).Funcs(functions(Values{})).Parse(text)
	if err != nil {
		return Template{}, document.Faults{templateFault(path, err)}
	}
	c := &templateCheck{names: namesOf(s), fields: []string{"Domain", "Timezone"}, tree: parsed.Tree}
	if parsed.Tree != nil {
		c.list(parsed.Root)
	}
	slices.Sort(c.secrets)
	return Template{Path: path, Text: text, Secrets: slices.Compact(c.secrets)}, c.faults
}

// namesOf returns the names that each function knows for a service.
func namesOf(s *Service) map[string][]string {
	names := map[string][]string{"route": {}, "option": {}, "secret": {}}
	for _, r := range s.Routes {
		names["route"] = append(names["route"], r.Name)
	}
	for _, o := range s.Options {
		names["option"] = append(names["option"], o.Name)
	}
	for part := range authorityParts {
		names[part] = []string{}
	}
	for _, x := range s.Secrets {
		if x.Form != AuthorityForm {
			names["secret"] = append(names["secret"], x.Name)
			continue
		}
		for part := range authorityParts {
			names[part] = append(names[part], x.Name)
		}
	}
	return names
}

// whereTemplate matches the beginning of text/template's errors.
var whereTemplate = regexp.MustCompile(`^template: [^:]*:(\d+)(?::\d+)?: `)

// templateFault turns an error of text/template into a fault.
func templateFault(path string, err error) document.Fault {
	message, line := err.Error(), 1
	if m := whereTemplate.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // the pattern lets only digits through
		message = strings.TrimPrefix(message, m[0])
	}
	f := document.Place{Line: line, Column: 1}.Fault("the template cannot be read: %s", message)
	f.File = path
	return f
}

func (c *templateCheck) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		c.node(n)
	}
}

func (c *templateCheck) node(n parse.Node) {
	switch n := n.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe)
	case *parse.IfNode:
		c.branch(&n.BranchNode)
	case *parse.TextNode, *parse.CommentNode:
	default:
		c.fault(n, document.Flaw{Message: "templates have only values and if", Expected: "{{if}}, {{.Domain}}, {{.Timezone}}, {{route}}, {{option}} or {{secret}}"})
	}
}

func (c *templateCheck) branch(n *parse.BranchNode) {
	c.pipe(n.Pipe)
	c.list(n.List)
	c.list(n.ElseList)
}

func (c *templateCheck) pipe(p *parse.PipeNode) {
	for _, cmd := range p.Cmds {
		c.command(cmd)
	}
}

// command checks a call with its arguments, and values alone.
func (c *templateCheck) command(cmd *parse.CommandNode) {
	for i, arg := range cmd.Args {
		switch arg := arg.(type) {
		case *parse.IdentifierNode:
			if known, ours := c.names[arg.Ident]; ours {
				c.call(arg, known, cmd.Args[i+1:])
				return
			}
		case *parse.FieldNode:
			if name := strings.Join(arg.Ident, "."); !slices.Contains(c.fields, name) {
				c.fault(arg, document.Flaw{
					Message: "there is no value ." + name, Expected: "one of ." + strings.Join(c.fields, ", ."), Suggestion: suggestion(name, c.fields),
				})
			}
		case *parse.PipeNode:
			c.pipe(arg)
		case *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		default:
			c.fault(arg, document.Flaw{Message: document.Quoted(arg.String()) + " is not a value", Expected: "{{.Domain}}, {{.Timezone}}, {{route}}, {{option}} or {{secret}}"})
		}
	}
}

// call checks that a function is called with one name that it knows.
func (c *templateCheck) call(f *parse.IdentifierNode, known []string, args []parse.Node) {
	if len(args) != 1 || args[0].Type() != parse.NodeString {
		c.fault(f, document.Flaw{Message: f.Ident + " takes one name in quotes"})
		return
	}
	name := args[0].(*parse.StringNode).Text
	if !slices.Contains(known, name) {
		c.fault(args[0], document.Flaw{Message: fmt.Sprintf("there is no %s %s", f.Ident, document.Quoted(name)), Suggestion: spelling.Nearest(name, known)})
	}
	if _, part := authorityParts[f.Ident]; part || f.Ident == "secret" {
		c.secrets = append(c.secrets, name)
	}
}

// suggestion returns the probably intended field, with its dot.
func suggestion(name string, fields []string) string {
	if near := spelling.Nearest(name, fields); near != "" {
		return "." + near
	}
	return ""
}

// fault reports a fault at a node.
func (c *templateCheck) fault(n parse.Node, flaw document.Flaw) {
	at := document.Place{Line: 1, Column: 1}
	location, _ := c.tree.ErrorContext(n)
	if parts := strings.Split(location, ":"); len(parts) >= 3 {
		line, errLine := strconv.Atoi(parts[len(parts)-2])
		column, errColumn := strconv.Atoi(parts[len(parts)-1])
		if errLine == nil && errColumn == nil {
			at = document.Place{Line: line, Column: column + 1}
		}
	}
	fault := flaw.At(at)
	fault.File = c.tree.Name
	c.faults = append(c.faults, fault)
}
