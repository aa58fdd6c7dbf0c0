package resource

import (
	"context"
	"fmt"

	"cairn/internal/system"
)

// Original implements [Restorable]. There was no such service before, so the way
// back is to remove it. Volumes stay.
func (s Service) Original(context.Context, *system.System) (system.Undo, error) {
	const script = `c=$(docker ps --all --quiet --filter "label=$0=$1") && { [ -z "$c" ] || docker rm --force $c; }
n=$(docker network ls --quiet --filter "label=$0=$1"); [ -z "$n" ] || docker network rm $n || true
rm -rf -- "$2" "$3"`
	return system.Undo{Commands: []system.Command{{
		Argv: []string{"sh", "-c", script, LabelService, s.Name, ServiceDir(s.Name), serviceKeep(s.Name)},
	}}}, nil
}

func (s Service) leaves(Diff) string {
	return fmt.Sprintf("the volumes of %s, with their data", s.Name)
}
