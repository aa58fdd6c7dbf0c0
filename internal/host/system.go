package host

import (
	"strings"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// supported returns an error for systems that the agent does not support.
func supported(id, version, name string) error {
	if _, found := distro.Find(id, version); found {
		return nil
	}
	if name == "" {
		name = "a system without a name"
	}
	return problem.New(problem.HostUnsupported, "", "Cairn does not support the host's system, "+name)
}

// supportedHost judges the start script's report about a host without an agent. The
// report is uname's name of the processor, and the system's ID, VERSION_ID and
// name.
func supportedHost(uname, system string) error {
	if distro.Architectures[uname] == "" {
		return problem.New(problem.HostUnsupported, "", "Cairn has no agent for the host's processor, "+uname)
	}
	words := append(strings.SplitN(system, " ", 3), "", "", "")
	return supported(words[0], words[1], words[2])
}
