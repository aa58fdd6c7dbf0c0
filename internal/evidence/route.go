package evidence

import (
	"net/netip"

	"cairn/internal/names"
)

// RouteArguments are what the probes of a route need to know of it.
type RouteArguments struct {
	Address   netip.Addr `json:"address"`   // of its reverse proxy
	Port      uint16     `json:"port"`      // for plain HTTP
	Path      string     `json:"path"`      // that answers when the service works
	Container string     `json:"container"` // that should answer
}

// CertificateArguments are what the probes of certificates need to know.
type CertificateArguments struct {
	Address netip.Addr `json:"address"`        // of what serves it
	Port    uint16     `json:"port"`           // for HTTPS
	Plain   uint16     `json:"plain"`          // for plain HTTP
	Path    string     `json:"path,omitempty"` // that answers when the service works
}

// NameArguments are what the probes of a resolver need to know.
type NameArguments struct {
	Address netip.Addr     `json:"address"` // of the resolver
	Port    uint16         `json:"port"`
	Domain  string         `json:"domain"` // of the lab
	Names   []names.Record `json:"names"`  // that it must know
}
