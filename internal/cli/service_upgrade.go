package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wiring"
)

func newServiceUpgrade(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "upgrade NAME",
		Short: "Take the images of a service that its registry has now",
		Long: `Upgrade asks the registries what the names of the images of a service mean now, and writes that into cairn.lock. No host is
changed before the next cairn up. Images that the service shares with others change for these too.

A new version of a service comes with a new version of Cairn. Upgrade is for a name that means a newer image, such as one with a fix.

EXIT STATUS
  0    cairn.lock has the images of now
  1    failed: there is no such service, or a registry did not answer
  4    a host refused the login
  130  interrupted`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runServiceUpgrade(cmd.Context(), g, args[0]) },
	}
}

func newServiceRollback(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback NAME",
		Short: "Take the images of a service that it ran before an upgrade",
		Long: `Rollback writes the images of a service into cairn.lock that cairn service upgrade replaced. A second rollback takes the
upgraded ones again. No host is changed before the next cairn up. What the service wrote to its volumes since stays.

EXIT STATUS
  0  cairn.lock has the images from before
  1  failed: there is no such service, or nothing was upgraded`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return runServiceRollback(g, args[0]) },
	}
}

// imageChanges is the result of service upgrade and service rollback.
type imageChanges struct {
	Service string   `json:"service"`
	Images  []string `json:"images"` // whose digest in cairn.lock is another one now
}

func runServiceUpgrade(ctx context.Context, g *globals, name string) error {
	in, releases, err := g.releasesOf(name)
	if err != nil {
		return err
	}
	found, lock, err := g.askRegistries(ctx, in, releases)
	if err != nil {
		return err
	}
	changes := imageChanges{Service: name, Images: []string{}}
	for _, image := range found {
		if image.Failure != nil {
			return image.Failure
		}
		if lock.Replace(image.Image, image.Digest) {
			changes.Images = append(changes.Images, image.Image)
		}
	}
	return g.changeImages(in.lab, lock, changes, name+" has the images that its registry has now. Nothing changes.")
}

func runServiceRollback(g *globals, name string) error {
	in, releases, err := g.releasesOf(name)
	if err != nil {
		return err
	}
	lock, err := in.lab.ReadImageLock()
	if err != nil {
		return err
	}
	changes := imageChanges{Service: name, Images: []string{}}
	for _, r := range releases {
		names, err := r.Images()
		if err != nil {
			return err
		}
		for _, image := range names {
			if !slices.Contains(changes.Images, image) && lock.Replace(image, lock.Before[image]) {
				changes.Images = append(changes.Images, image)
			}
		}
	}
	if len(changes.Images) == 0 {
		return problem.New(problem.ServiceNoEarlier, name, "cairn.lock knows no earlier images of "+name)
	}
	return g.changeImages(in.lab, lock, changes, "")
}

// releasesOf finds a service of the lab on all its hosts.
func (g *globals) releasesOf(name string) (wired, []wiring.Release, error) {
	in, err := g.loadWired()
	if err != nil {
		return wired{}, nil, err
	}
	all := in.releasesOf(name)
	if len(all) == 0 {
		return wired{}, nil, in.notPlaced(name)
	}
	return in, all, nil
}

// changeImages writes the image lock, and says what comes next.
func (g *globals) changeImages(l *lab.Lab, lock lab.ImageLock, changes imageChanges, unchanged string) error {
	if len(changes.Images) > 0 {
		if err := l.WriteImageLock(lock); err != nil {
			return err
		}
	}
	return g.screen.result(changes, func(w io.Writer) {
		if len(changes.Images) == 0 {
			fmt.Fprintln(w, unchanged)
			return
		}
		for _, image := range changes.Images {
			fmt.Fprintf(w, "%s: cairn.lock names another image now.\n", image)
		}
		fmt.Fprintln(w, "\nNext: cairn plan, then cairn up")
	})
}
