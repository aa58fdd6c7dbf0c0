package host

import (
	"strings"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// supported refuses systems that the agent's work was not made for.
func supported(id, version, name string) error {
	if _, found := distro.Find(id, version); found {
		return nil
	}
	if name == "" {
		name = "a system that does not tell its name"
	}
	return problem.New(problem.HostUnsupported, "", "the host runs "+name+", which Cairn cannot manage")
}

// supportedHost judges what the start script says of a host without an agent:
// uname's name of the processor, and ID, VERSION_ID and name of the system.
func supportedHost(uname, system string) error {
	if distro.Architectures[uname] == "" {
		return problem.New(problem.HostUnsupported, "", "the host's processor is of a kind that Cairn has no agent for: "+uname)
	}
	words := append(strings.SplitN(system, " ", 3), "", "", "")
	return supported(words[0], words[1], words[2])
}
