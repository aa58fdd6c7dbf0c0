package rehearse

import (
	"context"
	"runtime"
	"slices"
	"strings"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/standin"
	"cairn/internal/throwaway"
	"cairn/internal/wiring"
)

// Image is an image of the lab's services in a rehearsal.
type Image struct {
	Image   string `json:"image"`
	From    string `json:"from"`     // where the throw-away hosts had it from
	StandIn bool   `json:"stand_in"` // it is not the image that upstream has made
}

// neededImages are those of the lab's services, sorted, by their whole names.
func neededImages(w *wiring.Wiring) []string {
	if w == nil {
		return nil
	}
	var all []string
	for _, r := range w.Releases {
		for _, container := range r.Service.Compose.Services {
			all = append(all, standin.WholeName(container.Image))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// prepareImages sees to it that the throw-away hosts can have all images of the
// lab's services. Where they cannot be pulled from here, it makes stand-ins. It
// comes before any host is started. Its error is a problem.
func (w *walk) prepareImages(ctx context.Context) error {
	names := neededImages(w.options.Services)
	if len(names) == 0 {
		return nil
	}
	if standin.Reachable(ctx, w.options.Lab.Images.Mirror) {
		for _, name := range names {
			w.report.Images = append(w.report.Images, Image{Image: name, From: "pulled from its registry"})
		}
		return nil
	}
	recipes, err := recipesFor(names)
	if err != nil {
		return err
	}
	cache, err := standin.CacheDir()
	if err != nil {
		return noStandIn(ctx, err)
	}
	for _, recipe := range recipes {
		made, err := standin.Make(ctx, cache, recipe, runtime.GOARCH, func(text string) { w.tell("", text) })
		if err != nil {
			return noStandIn(ctx, err)
		}
		w.tell("", recipe.Image+" is "+recipe.From)
		w.images = append(w.images, made)
		w.report.Images = append(w.report.Images, Image{Image: recipe.Image, From: recipe.From, StandIn: true})
	}
	return nil
}

// recipesFor returns the recipes of images that cannot be pulled. The error names
// those for which there is none.
func recipesFor(names []string) ([]standin.Recipe, error) {
	var found []standin.Recipe
	var missing []string
	for _, name := range names {
		recipe, known := standin.Find(name)
		if !known {
			missing = append(missing, name)
			continue
		}
		found = append(found, recipe)
	}
	if len(missing) > 0 {
		return nil, problem.New(problem.RehearsalNoStandIn, "", "no registry can be reached from here, and Cairn has no stand-in for "+strings.Join(missing, ", "))
	}
	return found, nil
}

func noStandIn(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return problem.Wrap(problem.RehearsalNoStandIn, "", "no registry can be reached from here, and a stand-in for an image cannot be made", err)
}

// offerImages starts a registry with the stand-ins beside the hosts, and has the lab
// in the rehearsal use it.
func (w *walk) offerImages(ctx context.Context, r *throwaway.Hosts, mirrored *lab.Lab) error {
	if len(w.images) == 0 {
		return nil
	}
	w.tell("", "starting a registry for the stand-ins")
	registry, err := r.StartRegistry(ctx)
	if err != nil {
		return err
	}
	if err := standin.Fill(ctx, registry, w.images...); err != nil {
		return problem.Wrap(problem.RehearsalHostFailed, "", "The registry of images does not take them", err)
	}
	mirrored.Images.Mirror = registry
	return nil
}
