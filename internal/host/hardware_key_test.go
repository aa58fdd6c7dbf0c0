package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The agent for security keys lives as long as the program, and removes its
// folder.
func TestOwnAgentStays(t *testing.T) {
	if _, err := exec.LookPath("ssh-agent"); err != nil {
		t.Skip("no OpenSSH client here: install openssh-client")
	}
	socket, err := ownAgent("")
	must(t, err)
	for range 3 {
		runtime.GC() // closes what nothing refers to
		time.Sleep(20 * time.Millisecond)
	}
	_, err = agentIdentities(socket, agentTime)
	must(t, err)
	if info, err := os.Stat(filepath.Dir(socket)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the agent: %v, %v", info, err)
	}
}
