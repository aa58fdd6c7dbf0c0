package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/spelling"
)

func newHost(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "host",
		Short: "Add, forget, release or purge single hosts",
	}
	cmd.AddCommand(newHostAdd(g), newHostForget(g), newHostRelease(g), newHostPurge(g))
	return cmd
}

func newHostAdd(g *globals) *cobra.Command {
	var login loginFlags
	var write bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a host of lab.yaml: pin its key, log in once, show what it is",
		Long: `Add shows you the host's key, pins it, and logs in. It brings a small program to /var/lib/cairn and changes nothing else.
It lists open ports that Cairn would close, with the line for lab.yaml that keeps them open.

If your own account is not there yet, add logs in as the first user: the account that the installer or the image made. It asks for
passwords when they are needed. It remembers the user for later commands, but no password.

EXIT STATUS
  0    the host was added
  1    the host cannot be reached, has a system that Cairn does not manage, or shows another key than the pinned one
  4    it refused the login
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.withHost(g.loadToReach, args[0], login, func(h lab.Host, c *host.Connector, how host.Login) error {
				return runHostAdd(cmd.Context(), g, h, c, how, write)
			})
		},
	}
	login.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&write, "write-open", false, "add the line that keeps those ports open to lab.yaml")
	return cmd
}

// metHost is what host add tells of a host.
type metHost struct {
	Host          string `json:"host"`     // its name in the lab file
	User          string `json:"user"`     // who was logged in as
	Hostname      string `json:"hostname"` // what it calls itself
	System        string `json:"system"`
	SystemID      string `json:"system_id"` // as os-release(5) has it
	SystemVersion string `json:"system_version"`
	Arch          string `json:"arch"`
	CPUs          int    `json:"cpus"` // logical processors
	MemoryBytes   uint64 `json:"memory_bytes"`
}

func runHostAdd(ctx context.Context, g *globals, h lab.Host, c *host.Connector, how host.Login, write bool) error {
	how.AsNeeded = true
	session, err := c.Connect(ctx, h, how)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := c.Remember(session); err != nil {
		return err
	}
	open, err := proposeOpen(ctx, g, session, write)
	if err != nil {
		return err
	}
	facts := session.Hello().Facts
	met := metHost{
		Host: h.Name, User: session.LoginUser(), Hostname: facts.Hostname, System: facts.OS.Name, SystemID: facts.OS.ID, SystemVersion: facts.OS.Version,
		Arch: facts.Arch, CPUs: facts.CPUs, MemoryBytes: facts.MemoryBytes,
	}
	return g.screen.result(met, func(w io.Writer) {
		fmt.Fprintf(w, "%s is %s on %s, %s, %.1f GiB of memory; logged in as %s.\n", h.Name, facts.OS.Name, facts.Arch, spelling.Count(facts.CPUs, "CPU"),
			float64(facts.MemoryBytes)/(1<<30), session.LoginUser())
		if again := askedAgain(session); again != "" {
			fmt.Fprintln(w, again)
		}
		fmt.Fprint(w, open)
		fmt.Fprintln(w, "Next: cairn plan")
	})
}

// askedAgain says what is remembered of a first contact, for commands before the
// owner's own login works.
func askedAgain(s *host.Session) string {
	var passwords []string
	if s.AskedPassword() {
		passwords = append(passwords, "the password of "+s.LoginUser())
	}
	switch {
	case s.RootBy() == "su":
		passwords = append(passwords, "root's")
	case s.RootBy() != "" && !s.AskedPassword():
		passwords = append(passwords, "the password of "+s.LoginUser())
	}
	if len(passwords) == 0 {
		if s.LoginUser() == s.Host().User {
			return ""
		}
		return fmt.Sprintf("Cairn goes on as %s until your own account %s is there.", s.LoginUser(), s.Host().User)
	}
	return fmt.Sprintf("Cairn goes on as %s until your own account %s is there, and asks again for %s: it stores none.",
		s.LoginUser(), s.Host().User, strings.Join(passwords, " and "))
}

func newHostForget(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "forget NAME",
		Short: "Forget a host's pinned key and first login, because you reinstalled it",
		Long: `Forget takes the host's key out of the pinned ones, and forgets who logged in first. The next contact shows you the new key.

EXIT STATUS
  0  the key is forgotten, or was not known
  1  lab.yaml has no such host, or the pinned keys cannot be written`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return g.withHost(g.loadWired, args[0], loginFlags{}, func(h lab.Host, c *host.Connector, _ host.Login) error {
				if err := c.Forget(h); err != nil {
					return err
				}
				g.screen.say("The key of %s is forgotten; the next contact shows you the new one.", h.Name)
				return nil
			})
		},
	}
}

func newHostPurge(g *globals) *cobra.Command {
	var login loginFlags
	cmd := &cobra.Command{
		Use:   "purge NAME",
		Short: "Remove the agent and Cairn's own records from a host; what was set up there stays and works",
		Long: `Purge removes the agent and Cairn's own records from a host. Among them is what the host was before Cairn. To get that back, release the
host first. A later run brings the agent again.

EXIT STATUS
  0    the agent and its records are gone
  1    the host cannot be reached, or they could not be removed
  4    it refused the login
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.withHost(g.loadToReach, args[0], login, func(h lab.Host, c *host.Connector, how host.Login) error {
				return runHostPurge(cmd.Context(), g, h, c, how)
			})
		},
	}
	login.addFlags(cmd.Flags())
	return cmd
}

func runHostPurge(ctx context.Context, g *globals, h lab.Host, c *host.Connector, how host.Login) error {
	if h.OnlyVantage() {
		g.screen.say("Cairn keeps nothing on %s: it is only a vantage.", h.Name)
		return nil
	}
	session, err := c.Connect(ctx, h, how)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	if err := session.Purge(ctx); err != nil {
		return err
	}
	g.screen.say("Cairn's agent and records are gone from %s; its configuration is as it was.", h.Name)
	return nil
}

func hostNames(l *lab.Lab) []string {
	names := make([]string, len(l.Hosts))
	for i, h := range l.Hosts {
		names[i] = h.Name
	}
	return names
}

// withHost finds the host in the lab and calls do.
func (g *globals) withHost(load loader, name string, login loginFlags, do func(lab.Host, *host.Connector, host.Login) error) error {
	in, err := load()
	if err != nil {
		return err
	}
	l, r := in.lab, in.roadmap
	h, known := l.Host(name)
	if !known {
		return r.NoSuch(roadmap.SortHost, name, hostNames(l)...)
	}
	how, err := login.login(l)
	if err != nil {
		return err
	}
	c, err := g.connector(l, login)
	if err != nil {
		return err
	}
	return do(h, c, how)
}
