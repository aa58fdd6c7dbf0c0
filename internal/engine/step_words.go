package engine

import (
	"strings"

	"cairn/internal/resource"
)

// kindWords are the owner's words for kinds of resources: for one, with its key
// behind it, for several, and for one of its values.
var kindWords = map[resource.Kind]struct{ one, many, value string }{
	"sysctl":          {one: "kernel setting", many: "kernel settings"},
	"file":            {one: "file", many: "files"},
	"unit":            {one: "unit", many: "units"},
	"directory":       {one: "folder", many: "folders"},
	"authorized-key":  {one: "key for", many: "keys"},
	"sudoers":         {one: "sudo rule", many: "sudo rules"},
	"sshd-dropin":     {one: "settings of the SSH server in", many: "files of the SSH server", value: "option"},
	"service":         {one: "service", many: "services"},
	"service-restart": {one: "restart of", many: "restarts"},
	"docker-daemon":   {one: "settings of Docker in", many: "files of Docker", value: "option"},
	"nft-table":       {one: "firewall table", many: "firewall tables", value: "rule"},
	"user":            {one: "user", many: "users"},
	"group":           {one: "group", many: "groups"},
}

// Kind returns the kind of the step's resource.
func (s StepPlan) Kind() resource.Kind {
	kind, _, _ := strings.Cut(s.ID, " ")
	return resource.Kind(kind)
}

// Key tells the step's resource from others of its kind.
func (s StepPlan) Key() string {
	_, key, _ := strings.Cut(s.ID, " ")
	return key
}

// Thing returns the step's resource in the owner's words.
func (s StepPlan) Thing() string {
	if word := kindWords[s.Kind()].one; word != "" {
		return word + " " + s.Key()
	}
	return s.ID
}

// Things returns the word for several resources of the step's kind.
func (s StepPlan) Things() string {
	if word := kindWords[s.Kind()].many; word != "" {
		return word
	}
	return string(s.Kind()) + " resources"
}

// ValueWord returns the word for one value of the step's resource.
func (s StepPlan) ValueWord() string {
	if word := kindWords[s.Kind()].value; word != "" {
		return word
	}
	return "value"
}
