package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/wiring"
)

func newServiceAdd(g *globals) *cobra.Command {
	var on string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a service of the catalog to lab.yaml",
		Long: `Add writes the service into lab.yaml, below services, and keeps your comments. It first checks that the service fits on its host
and gets in nobody's way. No host is changed before the next cairn up.

EXIT STATUS
  0  lab.yaml has the service
  1  there is no such service, it does not fit, or lab.yaml cannot be changed without changing more`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runServiceAdd(g, args[0], on) },
	}
	cmd.Flags().StringVar(&on, "on", "", "the `HOST` that it runs on (default: the first server that it fits on)")
	return cmd
}

func newServiceRemove(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Take a service out of lab.yaml; its data stays",
		Long: `Remove takes the service out of lab.yaml. The next cairn up removes its containers, its network and its files from the host.
The volumes with its data stay there, and so do its secrets in your repository.

EXIT STATUS
  0  lab.yaml does not have the service any more
  1  lab.yaml does not have it, another service uses it, or the file cannot be changed without changing more`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runServiceRemove(g, args[0]) },
	}
}

// changedService is what service add and remove tell.
type changedService struct {
	Service string `json:"service"`
	Host    string `json:"host,omitempty"` // where it will run
	File    string `json:"file"`           // the lab file
	In      bool   `json:"in"`             // whether the lab file has it now
}

func runServiceAdd(g *globals, name, on string) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	if _, err := in.catalog.Get(name); err != nil {
		return err
	}
	if hasService(in.lab, name) {
		return problem.New(problem.ServiceThere, in.lab.File, "lab.yaml has the service "+name+" already")
	}
	planned := *in.lab
	planned.Services = append(slices.Clone(in.lab.Services), lab.Service{Name: name, On: on})
	if on != "" && !slices.Contains(hostNames(in.lab), on) {
		return in.roadmap.NoSuch(roadmap.SortHost, on, hostNames(in.lab)...)
	}
	services, err := wiring.Of(&planned, in.catalog)
	if err != nil {
		return err
	}
	if err := knownWith(in).AddService(in.lab.File, name, on); err != nil {
		return err
	}
	done := changedService{Service: name, File: in.lab.File, In: true}
	release := services.Release(name)
	if release != nil {
		done.Host = release.Host
	}
	return g.screen.result(done, func(w io.Writer) { writeAdded(w, done, release) })
}

// writeAdded tells where a service will run. A reverse proxy runs nowhere as long as
// there is no route.
func writeAdded(w io.Writer, done changedService, release *wiring.Release) {
	if release == nil {
		fmt.Fprintf(w, "%s has %s now. It runs on each host with services that have an address, and there are none yet.\n", done.File, done.Service)
	} else {
		fmt.Fprintf(w, "%s has %s now, on %s.\n", done.File, done.Service, done.Host)
		for _, r := range release.Service.Routes {
			fmt.Fprintf(w, "Its address will be http://%s\n", release.Values.Routes[r.Name])
		}
	}
	fmt.Fprintln(w, "Nothing has changed on the host yet.\nNext: cairn plan")
}

func runServiceRemove(g *globals, name string) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	if !hasService(in.lab, name) {
		return problem.New(problem.ServiceMissing, name, "lab.yaml does not have the service "+name).
			WithFix("`cairn service list` shows what the lab has")
	}
	planned := *in.lab
	planned.Services = slices.DeleteFunc(slices.Clone(in.lab.Services), func(s lab.Service) bool { return s.Name == name })
	if _, err := wiring.Of(&planned, in.catalog); err != nil {
		return err
	}
	if err := knownWith(in).RemoveService(in.lab.File, name); err != nil {
		return err
	}
	return g.screen.result(changedService{Service: name, File: in.lab.File}, func(w io.Writer) {
		fmt.Fprintf(w, "%s does not have %s any more. Its data and secrets stay.\nNothing has changed on the host yet.\nNext: cairn plan\n", in.lab.File, name)
	})
}

func hasService(l *lab.Lab, name string) bool {
	return slices.ContainsFunc(l.Services, func(s lab.Service) bool { return s.Name == name })
}

// knownWith is what the lab file is checked against.
func knownWith(in wired) lab.Known {
	known := knownTo(in.roadmap)
	known.Services = in.catalog
	return known
}
