// Package catalog reads the services that a lab can run. Each has a folder with
// service.yaml, a plain Compose file and configuration templates. All of it is
// data. Reading a service checks everything in it, so that a wrong name fails here
// and not on a host.
//
// The keys of service.yaml are in one table: shape.go, with the forms of values
// in forms.go. Validation, the JSON Schema ([Schema]) and the reference page
// ([Reference]) are made from it. This package connects to no host.
package catalog

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"cairn/internal/document"
)

// Proof says how far a service was tried.
type Proof string

// How far a service was tried, from least to most.
const (
	Rendered  Proof = "rendered"  // its files were rendered and validated
	Rehearsed Proof = "rehearsed" // a stand-in for its image ran on a host, and its checks held
	Proven    Proof = "proven"    // upstream's own image ran on a host, and its checks held
)

// Service is an entry of the catalog. It does not change after loading, so it is
// safe for concurrent use.
type Service struct {
	Name    string // an RFC 1123 label, and the name of its folder
	Summary string // what it is for, in one line
	Task    string // the roadmap task that it fulfils; empty if none
	Licence string // an SPDX identifier
	Website string // upstream's documentation
	Proof   Proof
	Main    string // the container that facets are about unless they name another

	Needs Needs
	Uses  []string // services that must run before it
	Proxy string   // the product of reverse proxy that it is; empty if it is none
	// Authority is where it issues certificates; nil if it does not.
	Authority *Authority
	Routes    []Route
	Ports     []Port
	Metrics   *Metrics // nil if it has none
	Logs      bool     // whether its logs are collected
	Data      []Data
	Secrets   []Secret
	Options   []Option
	Hooks     []Hook
	Egress    bool // whether its containers may reach the internet
	// Exceptions are what its containers need beyond the defaults, by container.
	Exceptions []Exception
	Deprecated *Deprecation // nil if it is not

	Compose   *types.Project // its containers, as its Compose file says
	Templates []Template     // files beside the Compose file, sorted by path

	composeText []byte
	references  []reference
}

// reference is where a service names another one.
type reference struct {
	name  string
	file  string
	place document.Place
}

// Image returns the image of the main container, with its tag.
func (s *Service) Image() string { return s.Compose.Services[s.Main].Image }

// Version returns the tag of the main container's image.
func (s *Service) Version() string {
	image := s.Image()
	return image[strings.LastIndex(image, ":")+1:]
}

// Needs is what a service needs from a host, for all of its containers together.
type Needs struct {
	Memory        document.Bytes // the memory limit of its containers together
	Disk          document.Bytes // what its images and data take at first
	CPUFlags      []string       // as in /proc/cpuinfo
	GPU           bool
	Architectures []string // as Go names them; empty means all that Cairn supports
}

// Route is a way in over HTTP.
type Route struct {
	Name      string // the first label of its name in the lab's domain
	Container string
	Port      uint16
	Health    string         // a path that answers with 2xx if the service works
	Login     Login          // who asks for a login
	Open      []string       // paths that need no login, each with all below it
	WebSocket bool           // whether it keeps connections open
	MaxBody   document.Bytes // of a request; 0 means the proxy's default
	Timeout   int            // seconds that an answer may take; 0 means the proxy's default
}

// Authority is a service that issues the lab's certificates by ACME (RFC 8555).
type Authority struct {
	Name      string // the first label of its name in the lab's domain
	Port      uint16 // in its main container
	Directory string // the path of its ACME directory
	Daily     string // the same, for certificates that live for a day
}

// AuthorityForm is the form of the secret that an authority issues with. Templates
// read its parts; its root key is on no host.
const AuthorityForm = "authority"

// AuthoritySecret returns the secret that an authority issues with.
func (s *Service) AuthoritySecret() (Secret, bool) {
	i := slices.IndexFunc(s.Secrets, func(x Secret) bool { return x.Form == AuthorityForm })
	if i < 0 {
		return Secret{}, false
	}
	return s.Secrets[i], true
}

// Login says who asks for a login before a route.
type Login string

// Who asks for a login.
const (
	LoginNone    Login = "none"    // nobody: the route is public in the lab
	LoginOwn     Login = "own"     // the service itself
	LoginForward Login = "forward" // the lab's login, at the reverse proxy
)

// Port is a port of a host that is not HTTP.
type Port struct {
	Number    uint16
	Protocol  string // "tcp" or "udp"
	Container string
	Target    uint16 // the port in the container
	Reason    string
}

// Metrics is where a service offers metrics in the Prometheus format.
type Metrics struct {
	Container string
	Port      uint16
	Path      string
}

// Data is a volume that must outlive its containers.
type Data struct {
	Volume  string   // of the Compose file
	Dump    []string // a command in Container that writes the data to its standard output
	Quiesce Quiesce  // what happens to the containers while the files are copied
	Reason  string   // what would be lost without it
}

// Quiesce says how nothing changes in a volume during a backup.
type Quiesce string

// Ways to keep a volume unchanged during a backup.
const (
	QuiesceNone  Quiesce = "none"  // the files can be copied while the service runs
	QuiesceStop  Quiesce = "stop"  // its containers are stopped for the copy
	QuiescePause Quiesce = "pause" // its containers are frozen for the copy
)

// Secret is a value that only its service may know.
type Secret struct {
	Name   string
	Form   string // how it is made: one of the vault's forms
	Length int    // in characters; 0 means the form's default
	Escrow bool   // whether a restore is worthless without it
	// Variable is the environment variable that carries it. It is only for images that
	// read no file, since `docker inspect` shows it.
	Variable  string
	Container string // that gets the variable
	Owner     int    // the user id that reads its file in the container
	Reason    string
}

// Option is what the owner may set in the lab file.
type Option struct {
	Name    string
	Kind    document.Kind // Text, Integer or Boolean
	Default string        // as written in the lab file
	Doc     string
}

// shape returns the form of an option's value in the lab file.
func (o Option) shape() *document.Shape {
	switch o.Kind {
	case document.Integer:
		return document.Number(&document.Form{Name: "a whole number", Example: o.Default, Min: 0, Max: 1 << 40})
	case document.Boolean:
		return document.YesNo()
	}
	return document.Words(lineForm("a text", o.Default))
}

// Hook is a step after the containers have started: a command in one of them.
type Hook struct {
	Name      string
	Container string   // for a command
	Command   []string // arguments; the first is the program
	Unless    []string // a command that succeeds if nothing is left to do
	Reason    string
}

// Exception is what a container needs beyond the defaults, with a reason for the
// reference page.
type Exception struct {
	Container    string
	Writable     bool     // its root file system
	Capabilities []string // the default is none
	Socket       bool     // it reads Docker's socket, through a filtering proxy
	Privileges   bool     // its programs may gain privileges
	Reason       string
}

// Deprecation says that a service should no longer be chosen.
type Deprecation struct {
	Since   string // a date
	Reason  string
	Instead string // a service of the catalog; empty if there is none
}

// Template is a file that is rendered beside the Compose file.
type Template struct {
	Path string // relative, with slashes
	Text string
	// Secrets are the names of the secrets in it. A file with secrets is readable by
	// its container alone.
	Secrets []string
}
