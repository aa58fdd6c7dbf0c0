package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/spelling"
	"cairn/internal/wiring"
)

// placed is a service of the lab on a host.
type placed struct {
	release wiring.Release
	host    lab.Host
}

// placedService finds a service of the lab. on names its host, which only a service on
// several hosts needs.
func (in wired) placedService(name, on string) (placed, error) {
	all := in.releasesOf(name)
	var hosts []string
	for _, r := range all {
		hosts = append(hosts, r.Host)
	}
	switch {
	case len(all) == 0:
		return placed{}, in.notPlaced(name)
	case on != "" && !slices.Contains(hosts, on):
		return placed{}, in.roadmap.NoSuch(roadmap.SortHost, on, hosts...)
	case on == "" && len(all) > 1:
		return placed{}, problem.New(problem.CommandUsage, name, name+" runs on several hosts: "+strings.Join(hosts, ", ")).WithFix("name one of them with --on")
	}
	chosen := all[max(0, slices.Index(hosts, on))]
	h, _ := in.lab.Host(chosen.Host)
	return placed{chosen, h}, nil
}

// releasesOf are the releases of a service, on all hosts.
func (in wired) releasesOf(name string) []wiring.Release {
	return slices.DeleteFunc(slices.Clone(in.services.Releases), func(r wiring.Release) bool { return r.Service.Name != name })
}

// placed reads the lab and finds one of its services.
func (g *globals) placed(load loader, name, on string) (wired, placed, error) {
	in, err := load()
	if err != nil {
		return wired{}, placed{}, err
	}
	s, err := in.placedService(name, on)
	return in, s, err
}

// notPlaced says why a service runs nowhere.
func (in wired) notPlaced(name string) error {
	if hasService(in.lab, name) {
		return problem.New(problem.ServiceAbsent, name, name+" is in lab.yaml, but runs nowhere yet: no service has an address").
			WithFix("add a service that has one, then run `cairn up`")
	}
	var here []string
	for _, r := range in.services.Releases {
		here = append(here, r.Service.Name)
	}
	missing := problem.New(problem.ServiceMissing, name, "lab.yaml does not have the service "+name)
	switch near := spelling.Nearest(name, here); {
	case in.catalog.Has(name):
		return missing.WithFix("`cairn service add " + name + "` adds it")
	case near != "":
		return missing.WithFix("did you mean `" + near + "`?")
	}
	return missing.WithFix("`cairn service list` shows what the lab has")
}

func newServiceRestart(g *globals) *cobra.Command {
	var on string
	cmd := &cobra.Command{
		Use:   "restart NAME",
		Short: "Start the containers of a service again",
		Long: `Restart stops the containers of a service and starts them again, as they are on the host. It waits until the service works: its
containers run, their health checks pass, and it answers. The journal keeps that it was done.

Restart deploys nothing: what you changed in lab.yaml comes with cairn up.

EXIT STATUS
  0    the service works again
  1    failed: there is no such service, its host does not run it or cannot be reached, or the service does not work
  4    the host refused the login
  14   another run holds the lock
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runServiceRestart(cmd.Context(), g, args[0], on) },
	}
	addOn(cmd, &on)
	return cmd
}

// addOn adds the flag that says which host is meant.
func addOn(cmd *cobra.Command, on *string) {
	cmd.Flags().StringVar(on, "on", "", "the `HOST`, for a service that runs on several")
}

func runServiceRestart(ctx context.Context, g *globals, name, on string) error {
	in, s, err := g.placed(g.loadWired, name, on)
	if err != nil {
		return err
	}
	e, err := g.openAs(ctx, func() (wired, error) { return g.toReach(in) }, loginFlags{}, nil, false)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	report, err := e.Restart(ctx, s.host, s.release)
	if err != nil {
		return err
	}
	return g.screen.result(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s on %s works again, after %.1f s.\n", report.Service, report.Host, report.Took.Seconds())
	})
}

// connected calls do with a session to the host of a service.
func (g *globals) connected(ctx context.Context, name, on string, do func(*host.Session) error) error {
	in, s, err := g.placed(g.loadToReach, name, on)
	if err != nil {
		return err
	}
	how, err := loginFlags{}.login(in.lab)
	if err != nil {
		return err
	}
	c, err := g.connector(in.lab, loginFlags{})
	if err != nil {
		return err
	}
	session, err := c.Connect(ctx, s.host, how)
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	return do(session)
}
