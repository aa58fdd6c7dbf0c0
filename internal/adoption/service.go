package adoption

// Service is what is proposed for a service: what its service.yaml says, and the images
// of its containers.
type Service struct {
	Service    string               `json:"-" yaml:"service"`
	Summary    string               `json:"summary" yaml:"summary"`
	Licence    string               `json:"licence" yaml:"licence"` // NOASSERTION: the file does not tell
	Website    string               `json:"website" yaml:"website"`
	Main       string               `json:"main" yaml:"main"`    // the container that it is about
	Containers map[string]string    `json:"containers" yaml:"-"` // the image of each
	Needs      Needs                `json:"needs" yaml:"needs"`
	Uses       []string             `json:"uses,omitempty" yaml:"uses,omitempty"` // services of the lab that it names
	Routes     map[string]Route     `json:"routes,omitempty" yaml:"routes,omitempty"`
	Ports      []Port               `json:"ports,omitempty" yaml:"ports,omitempty"` // those that are not HTTP
	Data       map[string]Data      `json:"data,omitempty" yaml:"data,omitempty"`   // its volumes
	Secrets    map[string]Secret    `json:"secrets,omitempty" yaml:"secrets,omitempty"`
	Egress     bool                 `json:"egress" yaml:"egress"` // whether it may reach the internet
	Exceptions map[string]Exception `json:"exceptions,omitempty" yaml:"exceptions,omitempty"`
}

// Needs is what the service needs from its host.
type Needs struct {
	Memory string `json:"memory" yaml:"memory"` // of all containers together
	Disk   string `json:"disk" yaml:"disk"`
	GPU    bool   `json:"gpu,omitempty" yaml:"gpu,omitempty"`
}

// Route is a way in over HTTP.
type Route struct {
	Container string `json:"container" yaml:"container"`
	Port      uint32 `json:"port" yaml:"port"`     // in the container
	Health    string `json:"health" yaml:"health"` // a path that answers if the service works
	Login     string `json:"login" yaml:"login"`   // who asks for a login
}

// Port is a port of the host that is not HTTP.
type Port struct {
	Port      string `json:"port" yaml:"port"` // such as 22/tcp
	Container string `json:"container" yaml:"container"`
	Target    uint32 `json:"target" yaml:"target"` // the port in the container
	Reason    string `json:"reason" yaml:"reason"`
}

// Data is what a volume holds.
type Data struct {
	Reason  string `json:"reason" yaml:"reason"`
	Quiesce string `json:"quiesce,omitempty" yaml:"quiesce,omitempty"`
}

// Secret is a value that only the service may know. The value itself is never shown.
type Secret struct {
	Reason    string `json:"reason" yaml:"reason"`
	Form      string `json:"form" yaml:"form"`
	Escrow    bool   `json:"escrow,omitempty" yaml:"escrow,omitempty"`
	Variable  string `json:"variable,omitempty" yaml:"variable,omitempty"` // empty if it is a file
	Container string `json:"container" yaml:"container"`
	Owner     int64  `json:"owner,omitempty" yaml:"owner,omitempty"` // the user id that reads its file
}

// Exception is what a container needs beyond the defaults.
type Exception struct {
	Writable     bool     `json:"writable,omitempty" yaml:"writable,omitempty"`
	Capabilities []string `json:"capabilities,omitempty" yaml:"capabilities,omitempty"`
	Reason       string   `json:"reason" yaml:"reason"`
}
