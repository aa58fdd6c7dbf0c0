package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
)

// isHardware reports whether a key's private half is in a security key (FIDO). Its
// file holds only a handle.
func isHardware(key ssh.PublicKey) bool {
	return key.Type() == ssh.KeyAlgoSKED25519 || key.Type() == ssh.KeyAlgoSKECDSA256
}

// openHardware signs with a security key through OpenSSH, which knows the devices.
// It puts the key into an SSH agent of its own, which ends with this program.
func (c *Connector) openHardware(s settings, path string, public ssh.PublicKey) (ssh.Signer, error) {
	provider := s.get("securitykeyprovider")
	held, err := c.devices.get(hardwareKey{path, provider}, func() ([]*identity, error) {
		socket, err := ownAgent(provider)
		if err != nil {
			return nil, err
		}
		if err := addHardware(socket, path, provider); err != nil {
			return nil, err
		}
		return agentIdentities(socket, agentTime)
	})
	if err != nil {
		return nil, fmt.Errorf("OpenSSH cannot use the security key, add it with ssh-add: %w", err)
	}
	for _, i := range held {
		if sameKey(i.public, public) {
			c.tell(lab.Host{Name: s.name}, "touch the security key when it blinks")
			return i.open()
		}
	}
	return nil, errors.New("OpenSSH does not find the security key")
}

// hardwareKey is the file of a security key and the library that reaches it.
type hardwareKey struct{ path, provider string }

// agentTime is how long an SSH agent may take to start or to add a key.
const agentTime = 10 * time.Second

// ownAgent starts an SSH agent and returns its socket. The agent runs a command
// that waits for the end of its input. That end comes when this program ends.
func ownAgent(provider string) (socket string, err error) {
	dir, err := os.MkdirTemp("", "cairn-agent-")
	if err != nil {
		return "", err
	}
	socket = filepath.Join(dir, "socket")
	args := []string{"-a", socket}
	if filepath.IsAbs(provider) {
		args = append(args, "-P", provider)
	}
	cmd := exec.Command("ssh-agent", append(args, "sh", "-c", `cat >/dev/null; rm -rf "$0"`, dir)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not reach it
	if _, err := cmd.StdinPipe(); err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	go func() { _ = cmd.Wait() }() // keeps the command's input open
	for limit := time.Now().Add(agentTime); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return socket, conn.Close()
		}
		if time.Now().After(limit) {
			return "", fmt.Errorf("ssh-agent does not start: %w", err)
		}
	}
}

// addHardware puts a security key's file into the agent. There is no terminal, so
// it can ask for nothing.
func addHardware(socket, path, provider string) error {
	ctx, cancel := context.WithTimeout(context.Background(), agentTime)
	defer cancel()
	args := []string{"-q"}
	if filepath.IsAbs(provider) {
		args = append(args, "-S", provider)
	}
	cmd := exec.CommandContext(ctx, "ssh-add", append(args, "--", path)...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket, "SSH_ASKPASS_REQUIRE=never")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return said(&stderr, err)
	}
	return nil
}
