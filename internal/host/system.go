package host

import (
	"fmt"
	"strings"

	"cairn/internal/problem"
)

// architectures are uname's names of those that agents are built for.
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64"}

// oldest are the releases that can be managed, by ID of os-release(5), and the
// first of each.
var oldest = map[string]float64{"debian": 12, "ubuntu": 22.04}

// supported refuses systems that the agent's work was not made for.
func supported(id, version, name string) error {
	var release float64
	_, _ = fmt.Sscanf(version, "%f", &release)
	if least, known := oldest[id]; known && release >= least {
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
	if architectures[uname] == "" {
		return problem.New(problem.HostUnsupported, "", "the host's processor is of a kind that Cairn has no agent for: "+uname)
	}
	words := append(strings.SplitN(system, " ", 3), "", "", "")
	return supported(words[0], words[1], words[2])
}
