package resource

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// pull fetches the images that the host does not have.
func (s Service) pull(ctx context.Context, sys *system.System) error {
	for _, c := range s.Containers {
		id, err := imageID(ctx, sys, c.pinned())
		if err == nil && id == "" {
			err = s.fetch(ctx, sys, c.pinned())
		}
		if err == nil && c.Digest != "" {
			err = tag(ctx, sys, c.pinned(), c.Image)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pinned is the name under which the image is fetched. A digest takes the place of
// the tag.
func (c Container) pinned() string {
	if c.Digest == "" {
		return c.Image
	}
	name := c.Image
	if tag := strings.LastIndexByte(name, ':'); tag > strings.LastIndexByte(name, '/') {
		name = name[:tag]
	}
	return name + "@" + c.Digest
}

// digestOf is the digest of the image that a container runs, if it is the wanted one.
func (c Container) digestOf(have dockerContainer) string {
	if c.Digest == "" || have.imageIs(c.Digest) {
		return c.Digest
	}
	return "another"
}

// imageID returns the id of an image that the host has, or "".
func imageID(ctx context.Context, sys *system.System, image string) (string, error) {
	out, err := sys.Ask(ctx, "docker", "image", "inspect", "--format", "{{.Id}}", image)
	if err != nil || out.Exit != 0 {
		return "", err
	}
	return strings.TrimSpace(string(out.Stdout)), nil
}

// tag gives an image a name. Compose files have tags and no digests, so that a change
// of the digest alone changes no file.
func tag(ctx context.Context, sys *system.System, image, name string) error {
	_, err := sys.Run(ctx, "docker", "tag", image, name)
	return err
}

// layerLine matches a line of docker pull that may be shown.
var layerLine = regexp.MustCompile(`^[0-9a-f]{12}: (?:Pulling fs layer|Download complete|Pull complete|Extracting)$`)

func (s Service) fetch(ctx context.Context, sys *system.System, image string) error {
	system.Tell(ctx, "fetching the image "+image)
	_, err := sys.RunWith(ctx, system.Command{
		Argv: []string{"docker", "pull", image}, Silence: system.Silences[system.Installing], Shown: layerLine.FindString,
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return imageProblem(s.Name, image, err)
}

// imageProblem says in the owner's words why an image cannot be had.
func imageProblem(service, image string, err error) error {
	for _, c := range imageComplaints {
		if strings.Contains(strings.ToLower(err.Error()), c.says) {
			return problem.Wrap(c.code, service, fmt.Sprintf("the image %s %s", image, c.means), err)
		}
	}
	return problem.Wrap(problem.ImageUnreachable, service, "the image "+image+" could not be fetched", err)
}

// imageComplaints are what a registry or Docker says, and what it means
// (https://distribution.github.io/distribution/spec/api/#errors-2).
var imageComplaints = []struct {
	says  string
	code  problem.Code
	means string
}{
	{"toomanyrequests", problem.ImageLimit, "may not be fetched now: the registry limits how often"},
	{"no matching manifest", problem.ImageArchitecture, "does not exist for the architecture of this host"},
	{"manifest unknown", problem.ImageMissing, "does not exist at its registry"},
	{"repository does not exist", problem.ImageMissing, "does not exist at its registry"},
	{"not found", problem.ImageMissing, "does not exist at its registry"},
	{"no space left", problem.ImageNoSpace, "does not fit on the disk"},
}
