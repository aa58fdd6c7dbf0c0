package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/wiring"
)

func newServiceOutdated(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "outdated",
		Short: "Ask the registries whether images have changed under their names",
		Long: `Outdated has each host ask the registries of its services what the names of the images mean now, and compares that with
cairn.lock. It changes nothing. New versions come with a new version of Cairn, whose catalog names them.

EXIT STATUS
  0    the registries were asked; the lines say what they answered
  1    failed: the lab file or cairn.lock is wrong
  4    a host refused the login
  130  interrupted`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServiceOutdated(cmd.Context(), g) },
	}
}

// outdatedList is the result of service outdated.
type outdatedList struct {
	Images []comparedImage `json:"images"`
}

// comparedImage is an image in cairn.lock and at its registry.
type comparedImage struct {
	Service  string `json:"service"`
	Host     string `json:"host"` // which asked
	Image    string `json:"image"`
	Held     string `json:"held,omitempty"`     // the digest in cairn.lock
	Registry string `json:"registry,omitempty"` // the digest that the name means now
	State    string `json:"state"`              // current; changed; unheld: cairn.lock does not name it; unknown: the registry did not say
	Fault    string `json:"fault,omitempty"`    // why it did not
}

func runServiceOutdated(ctx context.Context, g *globals) error {
	in, err := g.loadWired()
	if err != nil {
		return err
	}
	found, lock, err := g.askRegistries(ctx, in, in.services.Releases)
	if err != nil {
		return err
	}
	list := outdatedList{Images: []comparedImage{}}
	for _, image := range found {
		list.Images = append(list.Images, compared(image, lock))
	}
	return g.screen.result(list, func(w io.Writer) { writeOutdated(w, list.Images) })
}

// askRegistries has hosts ask for the images of releases, and reads the image lock.
func (g *globals) askRegistries(ctx context.Context, in wired, releases []wiring.Release) ([]engine.RegistryImage, lab.ImageLock, error) {
	lock, err := in.lab.ReadImageLock()
	if err != nil {
		return nil, lock, err
	}
	e, err := g.openAs(ctx, func() (wired, error) { return g.toReach(in) }, loginFlags{}, nil, true)
	if err != nil {
		return nil, lock, err
	}
	defer func() { _ = e.Close() }()
	found, err := e.RegistryImages(ctx, releases)
	return found, lock, err
}

func compared(image engine.RegistryImage, lock lab.ImageLock) comparedImage {
	c := comparedImage{Service: image.Service, Host: image.Host, Image: image.Image, Held: lock.Images[image.Image], Registry: image.Digest}
	switch {
	case image.Failure != nil:
		c.State, c.Fault = "unknown", image.Failure.Error()
	case c.Held == "":
		c.State = "unheld"
	case c.Held == c.Registry:
		c.State = "current"
	default:
		c.State = "changed"
	}
	return c
}

func writeOutdated(w io.Writer, all []comparedImage) {
	words := map[string]string{
		"current": "as in cairn.lock", "changed": "another image has this name now", "unheld": "not in cairn.lock yet: `cairn up` writes it", "unknown": "not known",
	}
	for _, c := range all {
		fmt.Fprintf(w, "%-16s %-12s %s: %s", c.Service, c.Host, c.Image, words[c.State])
		if c.Fault != "" {
			fmt.Fprintf(w, " (%s)", c.Fault)
		}
		fmt.Fprintln(w)
	}
	switch i := slices.IndexFunc(all, func(c comparedImage) bool { return c.State == "changed" }); {
	case len(all) == 0:
		fmt.Fprintln(w, "The lab runs no services.")
	case i >= 0:
		fmt.Fprintf(w, "\nNext: cairn service upgrade %s\n", all[i].Service)
	}
}
