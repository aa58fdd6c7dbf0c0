package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wiring"
)

func newService(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "List, show, add, remove and look after the services of the lab",
	}
	cmd.AddCommand(newServiceList(g), newServiceShow(g), newServiceAdd(g), newServiceRemove(g), newServiceLogs(g), newServiceRestart(g), newServiceOpen(g),
		newServiceOutdated(g), newServiceUpgrade(g), newServiceRollback(g))
	return cmd
}

func newServiceList(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the services of the catalog",
		Long: `List names the services that come with Cairn and those of a folder catalog/ beside lab.yaml. In a lab it also says where each
runs that lab.yaml asks for.

EXIT STATUS
  0  the services were listed
  1  the lab file or a service of the catalog is wrong`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runServiceList(g) },
	}
}

func newServiceShow(g *globals) *cobra.Command {
	var files bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show what a service is, what it needs, and its files",
		Long: `Show lists the containers, names, ports, data and secrets of a service, and the options that you can set in lab.yaml.

With --files it prints the Compose file as the host of the service would get it. No secret is made or shown.

EXIT STATUS
  0  the service was shown
  1  there is no such service, or the lab file or the service is wrong`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runServiceShow(g, args[0], files) },
	}
	cmd.Flags().BoolVar(&files, "files", false, "also print the Compose file for its host")
	return cmd
}

// services are the services of the catalog, and where the lab runs them.
type services struct {
	catalog *catalog.Catalog
	lab     *lab.Lab       // nil outside of a lab
	wiring  *wiring.Wiring // nil outside of a lab
}

// loadServices reads the catalog, and the lab if there is one.
func (g *globals) loadServices() (*services, error) {
	in, err := g.loadWired()
	if problem.CodeOf(err) == problem.LabMissing && g.labPath == "" {
		c, err := catalogBeside(".")
		return &services{catalog: c}, err
	}
	if err != nil {
		return nil, err
	}
	return &services{catalog: in.catalog, lab: in.lab, wiring: in.services}, nil
}

// release returns where a service of the lab runs, or nil if the lab does not have it.
func (s *services) release(name string) *wiring.Release {
	if s.wiring == nil {
		return nil
	}
	return s.wiring.Release(name)
}

// serviceList is the result of service list.
type serviceList struct {
	Services []listedService `json:"services"`
}

// listedService is a service of the catalog in short.
type listedService struct {
	Name       string        `json:"name"`
	Summary    string        `json:"summary"`
	Version    string        `json:"version"`
	Task       string        `json:"task,omitempty"` // the roadmap task that it fulfils
	Memory     int64         `json:"memory"`         // bytes
	Disk       int64         `json:"disk"`           // bytes
	Licence    string        `json:"licence"`        // an SPDX identifier
	Proof      catalog.Proof `json:"proof"`          // how far it was tested
	Deprecated string        `json:"deprecated,omitempty"`
	Host       string        `json:"host,omitempty"` // where the lab has it
}

func summaryOf(s *catalog.Service, r *wiring.Release) listedService {
	l := listedService{
		Name: s.Name, Summary: s.Summary, Version: s.Version(), Task: s.Task, Licence: s.Licence, Proof: s.Proof,
		Memory: int64(s.Needs.Memory), Disk: int64(s.Needs.Disk),
	}
	if s.Deprecated != nil {
		l.Deprecated = s.Deprecated.Reason
	}
	if r != nil {
		l.Host = r.Host
	}
	return l
}

func runServiceList(g *globals) error {
	s, err := g.loadServices()
	if err != nil {
		return err
	}
	all, err := s.catalog.All()
	if err != nil {
		return err
	}
	list := serviceList{Services: []listedService{}}
	for _, service := range all {
		list.Services = append(list.Services, summaryOf(service, s.release(service.Name)))
	}
	return g.screen.result(list, func(w io.Writer) { writeServices(w, list.Services, all) })
}

func writeServices(w io.Writer, list []listedService, all []*catalog.Service) {
	for i, s := range list {
		where := cmp.Or(s.Host, "-")
		fmt.Fprintf(w, "%-20s %-14s %-10s %8s  %s", s.Name, s.Version, where, all[i].Needs.Memory, s.Summary)
		if s.Deprecated != "" {
			fmt.Fprintf(w, " (deprecated: %s)", s.Deprecated)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "\nNext: cairn service show NAME")
}

// shownService is the result of service show.
type shownService struct {
	listedService
	Website string        `json:"website"`
	Facts   []string      `json:"facts"`   // its containers, routes, ports, data and secrets, in Markdown
	Options []shownOption `json:"options"` // what lab.yaml can set
	Compose string        `json:"compose,omitempty"`
}

// shownOption is an option of a service.
type shownOption struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Default string `json:"default"`
	Doc     string `json:"doc"`
}

func runServiceShow(g *globals, name string, files bool) error {
	s, err := g.loadServices()
	if err != nil {
		return err
	}
	service, err := s.catalog.Get(name)
	if err != nil {
		return err
	}
	release := s.release(name)
	shown := shownService{listedService: summaryOf(service, release), Website: service.Website, Facts: service.Lines(), Options: []shownOption{}}
	for _, o := range service.Options {
		shown.Options = append(shown.Options, shownOption{Name: o.Name, Kind: o.Kind.String(), Default: o.Default, Doc: o.Doc})
	}
	if files {
		if shown.Compose, err = composeOf(name, release); err != nil {
			return err
		}
	}
	return g.screen.result(shown, func(w io.Writer) { writeService(w, shown, service) })
}

// composeOf returns the Compose file of a service of the lab.
func composeOf(name string, r *wiring.Release) (string, error) {
	if r == nil {
		return "", problem.New(problem.ServiceMissing, name, "lab.yaml does not have "+name+", so it has no files yet").
			WithFix("add `" + name + ": {}` under `services` in lab.yaml")
	}
	text, err := r.Compose()
	return string(text), err
}

func writeService(w io.Writer, shown shownService, s *catalog.Service) {
	fmt.Fprintf(w, "%s %s: %s\n", shown.Name, shown.Version, shown.Summary)
	if shown.Deprecated != "" {
		fmt.Fprintf(w, "deprecated: %s\n", shown.Deprecated)
	}
	fmt.Fprintf(w, "  needs %s of memory, %s of disk\n", s.Needs.Memory, s.Needs.Disk)
	for _, line := range shown.Facts {
		fmt.Fprintf(w, "  %s\n", line)
	}
	for _, o := range shown.Options {
		fmt.Fprintf(w, "  Option `%s` (%s, default `%s`): %s\n", o.Name, o.Kind, o.Default, o.Doc)
	}
	fmt.Fprintf(w, "  Licence %s; documentation: %s\n", shown.Licence, shown.Website)
	if shown.Compose != "" {
		fmt.Fprintf(w, "\n%s", shown.Compose)
	}
	if shown.Host != "" {
		fmt.Fprintf(w, "lab.yaml has it on %s.\n", shown.Host)
		return
	}
	fmt.Fprintf(w, "lab.yaml does not have it.\nNext: cairn service add %s\n", shown.Name)
}
