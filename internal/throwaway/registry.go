package throwaway

import (
	"context"
	"embed"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// registryRecipe holds the files that make the registry's image.
//
//go:embed registry
var registryRecipe embed.FS

const (
	registryImage = "cairn-registry"
	registryPort  = 5000 // as registry/config.yml says
)

// StartRegistry starts an empty registry of images at a free address of the
// rehearsal's network, and returns its URL. It goes away with the hosts. It may
// take a moment until it answers. Its errors are problems.
func (r *Hosts) StartRegistry(ctx context.Context) (string, error) {
	image, err := r.ensureRegistryImage(ctx)
	if err != nil {
		return "", noImage(ctx, err)
	}
	taken := []netip.Addr{r.layout.gateway}
	for _, p := range r.layout.places {
		taken = append(taken, p.address)
	}
	address, free := firstFree(r.layout.cidr, taken)
	if !free {
		return "", problem.New(problem.RehearsalNoNetwork, "", r.layout.cidr.String()+" has no free address for the registry of images")
	}
	// No host has an underscore in its name.
	args := []string{"run", "--detach", "--name", "cairn-" + r.RunID + "_registry", "--network", r.networkName(), "--ip", address.String()}
	if _, err := r.docker.finish(ctx, createLimit, nil, slices.Concat(args, r.labels(), []string{image})...); err != nil {
		return "", failed(ctx, "", "The registry of images did not start", err)
	}
	return "http://" + netip.AddrPortFrom(address, registryPort).String(), nil
}

// ensureRegistryImage returns the name of the registry's image, and makes the image
// if it does not exist.
func (r *Hosts) ensureRegistryImage(ctx context.Context) (string, error) {
	files, err := recipeFiles(registryRecipe, "registry")
	if err != nil {
		return "", err
	}
	base := r.image[strings.LastIndex(r.image, ":")+1:]
	tag := registryImage + ":" + base + "-" + hashOf(files)
	if r.docker.hasImage(ctx, tag) {
		return tag, nil
	}
	r.progress("", "building "+tag+" from "+distro.Rehearsed.Name+"'s docker-registry")
	builder := imageBuilder{docker: r.docker, machine: r.machine, progress: func(text string) { r.progress("", text) }}
	return tag, builder.build(ctx, r.image, tag, files)
}
