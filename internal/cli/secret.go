package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/vault"
)

func newSecret(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "List, write, read, renew and keep safe the lab's secrets",
	}
	cmd.AddCommand(newSecretList(g), newSecretSet(g), newSecretGet(g), newSecretRotate(g), newSecretRewrap(g), newSecretEscrow(g))
	return cmd
}

// vaultOf opens the secrets of a lab.
func (g *globals) vaultOf(l *lab.Lab) (*vault.Vault, error) {
	o := vault.Options{Dir: l.Dir, State: engine.StateDirOf(l), Recipients: l.Secrets.Recipients, SSHKeys: sshKeys(l), Now: time.Now}
	if person := g.screen.prompter(); person != nil {
		o.Ask = person.Password
	}
	return vault.Open(o)
}

// openVault opens the secrets of the lab here.
func (g *globals) openVault() (*vault.Vault, *lab.Lab, error) {
	l, _, err := g.loadLab()
	if err != nil {
		return nil, nil, err
	}
	v, err := g.vaultOf(l)
	return v, l, err
}

// vaultToWrite opens the secrets of the lab here. If the lab names nobody who can read
// them, it makes an identity and adds its public key to the lab file.
func (g *globals) vaultToWrite() (*vault.Vault, *lab.Lab, error) {
	v, l, err := g.openVault()
	if err != nil || len(l.Secrets.Recipients) > 0 {
		return v, l, err
	}
	recipient, written, err := lab.MakeIdentity(l.Dir, time.Now())
	if err != nil {
		return nil, nil, unwritten(l.Dir, err)
	}
	for _, file := range written {
		g.screen.say("wrote %s", file)
	}
	if err := lab.WriteRecipient(l.File, recipient); err != nil {
		return nil, nil, err
	}
	g.screen.say("added its public key to %s. Keep a copy of the identity elsewhere: cairn secret escrow", l.File)
	return g.openVault()
}

// sshKeys are the owner's SSH keys that may open secrets.
func sshKeys(l *lab.Lab) []string {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	var paths []string
	if l.SSH.Key != "" {
		path := strings.TrimSuffix(l.SSH.Key, ".pub")
		if rest, inHome := strings.CutPrefix(path, "~/"); inHome {
			path = filepath.Join(home, rest)
		}
		paths = append(paths, path)
	}
	usual := filepath.Join(home, ".ssh", "id_ed25519")
	if !slices.Contains(paths, usual) {
		paths = append(paths, usual)
	}
	return paths
}

// entryOf returns what is known about one secret, and whether there is one.
func entryOf(v *vault.Vault, service, name string) (vault.Entry, bool, error) {
	entries, err := v.List()
	if err != nil {
		return vault.Entry{}, false, err
	}
	i := slices.IndexFunc(entries, func(e vault.Entry) bool { return e.Service == service && e.Name == name })
	if i < 0 {
		return vault.Entry{}, false, nil
	}
	return entries[i], true, nil
}

// secretChange is the result of set and rotate. It does not have the value.
type secretChange struct {
	Service string   `json:"service"`
	Name    string   `json:"name"`
	File    string   `json:"file"`    // below the lab's folder
	Readers []string `json:"readers"` // who can read it
	Earlier int      `json:"earlier"` // how many earlier values are kept
}

func changeOf(v *vault.Vault, service, name string) (secretChange, error) {
	e, there, err := entryOf(v, service, name)
	if err == nil && !there {
		err = errors.New("the secret was removed meanwhile")
	}
	return secretChange{e.Service, e.Name, e.File, e.Readers, e.Earlier}, errors.Join(err, e.Fault)
}

// completeSecrets completes the service and then the name of an existing secret.
func (g *globals) completeSecrets(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var words []string
	v, _, err := g.openVault()
	if err != nil || len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	entries, _ := v.List() // no completion for what cannot be read
	for _, e := range entries {
		switch {
		case len(args) == 0:
			words = append(words, e.Service)
		case args[0] == e.Service:
			words = append(words, e.Name)
		}
	}
	return slices.Compact(words), cobra.ShellCompDirectiveNoFileComp
}
