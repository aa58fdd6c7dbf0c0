package resource

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// pull fetches the images that the host does not have.
func (s Service) pull(ctx context.Context, sys *system.System) error {
	var images []string
	for _, c := range s.Containers {
		images = append(images, c.Image)
	}
	slices.Sort(images)
	for _, image := range slices.Compact(images) {
		out, err := sys.Ask(ctx, "docker", "image", "inspect", "--format", "{{.Id}}", image)
		if err != nil {
			return err
		}
		if out.Exit == 0 {
			continue
		}
		if err := s.fetch(ctx, sys, image); err != nil {
			return err
		}
	}
	return nil
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
	for _, c := range imageComplaints {
		if strings.Contains(strings.ToLower(err.Error()), c.says) {
			return problem.Wrap(c.code, s.Name, fmt.Sprintf("the image %s %s", image, c.means), err)
		}
	}
	return problem.Wrap(problem.ImageUnreachable, s.Name, "the image "+image+" could not be fetched", err)
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
