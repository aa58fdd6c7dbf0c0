package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/adoption"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/wiring"
)

func newServiceAdd(g *globals) *cobra.Command {
	var f serviceFlags
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a service of the catalog, or of your own Compose file, to lab.yaml",
		Long: `Add writes the service into lab.yaml, below services, and keeps your comments. It first checks that the service fits on its host
and gets in nobody's way. No host is changed before the next cairn up.

With --compose it makes a service of a Compose file of your own: a folder catalog/NAME beside lab.yaml, which you can change. NAME is that
of the file if you give none. Secrets in the file go into the lab's vault. Add warns of what is dangerous or loses data. It refuses what no
service may do. With --dry-run it only shows the service, its files and all warnings.

EXIT STATUS
  0  lab.yaml has the service, or it was shown
  1  there is no such service, it does not fit, the Compose file cannot become a service, or lab.yaml cannot be changed without changing more`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.compose != "" {
				return cobra.MaximumNArgs(1)(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case f.compose != "" && f.dryRun:
				return runServicePropose(g, f, args)
			case f.compose != "":
				return runServiceAdopt(g, f, args)
			}
			return runServiceAdd(g, args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.on, "on", "", "the `HOST` that it runs on (default: the first server that it fits on)")
	cmd.Flags().StringVar(&f.compose, "compose", "", "make the service of this Compose `FILE`")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "change nothing, and only show what would be added")
	return cmd
}

// serviceFlags are the flags of service add.
type serviceFlags struct {
	on, compose string
	dryRun      bool
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
	// Only for a Compose file of your own: the service's folder, the names of its secrets
	// in the vault, and what is dangerous or loses data.
	Folder   string             `json:"folder,omitempty"`
	Secrets  []string           `json:"secrets,omitempty"`
	Warnings []adoption.Warning `json:"warnings,omitempty"`
}

func runServiceAdd(g *globals, name string, f serviceFlags) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	if _, err := in.catalog.Get(name); err != nil {
		return err
	}
	release, err := in.planned(name, f.on)
	if err != nil {
		return err
	}
	if !f.dryRun {
		if err := knownWith(in).AddService(in.lab.File, name, f.on); err != nil {
			return err
		}
	}
	return g.added(changedService{Service: name, File: in.lab.File, In: !f.dryRun}, release)
}

// planned returns the release that a service of the catalog would have if it were
// added to the lab. It is nil if nothing would run yet.
func (in wired) planned(name, on string) (*wiring.Release, error) {
	if hasService(in.lab, name) {
		return nil, problem.New(problem.ServiceThere, in.lab.File, "lab.yaml has the service "+name+" already")
	}
	planned := *in.lab
	planned.Services = append(slices.Clone(in.lab.Services), lab.Service{Name: name, On: on})
	if on != "" && !slices.Contains(hostNames(in.lab), on) {
		return nil, in.roadmap.NoSuch(roadmap.SortHost, on, hostNames(in.lab)...)
	}
	services, err := wiring.Of(&planned, in.catalog)
	if err != nil {
		return nil, err
	}
	return services.Release(name), nil
}

// added shows that a service was added.
func (g *globals) added(done changedService, release *wiring.Release) error {
	if release != nil {
		done.Host = release.Host
	}
	return g.screen.result(done, func(w io.Writer) { writeAdded(w, done, release) })
}

// writeAdded tells where a service will run. A reverse proxy runs nowhere as long as
// there is no route.
func writeAdded(w io.Writer, done changedService, release *wiring.Release) {
	has := "has " + done.Service + " now"
	if !done.In {
		has = "would have " + done.Service
	}
	if done.Folder != "" {
		fmt.Fprintf(w, "%s is what Cairn made of your Compose file. It is yours to change.\n", done.Folder)
	}
	if len(done.Secrets) > 0 {
		fmt.Fprintf(w, "The vault has its secrets: %s. Commit them with lab.yaml, and take them out of the Compose file.\n", strings.Join(done.Secrets, ", "))
	}
	for _, warning := range done.Warnings {
		fmt.Fprintf(w, "warning: %s: %s\n", warning.Where, warning.Summary)
	}
	if release == nil {
		fmt.Fprintf(w, "%s %s. It runs on each host with services that have an address, and there are none yet.\n", done.File, has)
	} else {
		fmt.Fprintf(w, "%s %s, on %s.\n", done.File, has, done.Host)
		for _, address := range release.Addresses() {
			fmt.Fprintf(w, "Its address will be %s\n", address)
		}
	}
	if done.In {
		fmt.Fprintln(w, "Nothing has changed on the host yet.\nNext: cairn plan")
	}
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
