package adoption

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
)

// timezoneMark stands for the lab's time zone until the file is written.
const timezoneMark = "cairn-timezone-of-the-lab"

// write makes the files of the service's folder.
func (a *adopter) write() error {
	a.project.Name, a.project.Extensions, a.project.Configs = "", nil, nil
	body, err := a.project.MarshalYAML()
	if err != nil {
		return fmt.Errorf("the Compose file cannot be written: %w", err)
	}
	// What Compose has read has no variables left, so each dollar sign is one.
	body = bytes.ReplaceAll(body, []byte("$"), []byte("$$"))
	body = bytes.ReplaceAll(body, []byte(timezoneMark), []byte("${TIMEZONE}"))
	a.files["compose.yaml"] = append([]byte("# The containers, from a Compose file of your own. What others need to know of them is in\n# service.yaml.\n"), body...)
	a.leaks()
	for _, name := range a.project.ServiceNames() {
		a.service.Containers[name] = a.project.Services[name].Image
	}
	facets, err := yaml.Marshal(a.service)
	if err != nil {
		return fmt.Errorf("the facets cannot be written: %w", err)
	}
	a.files["service.yaml"] = append([]byte("# What Cairn made of a Compose file of your own. Change it as you need: the keys are in\n# docs/reference/catalog.md.\n"), facets...)
	return nil
}

// sorted returns the keys of a map, sorted.
func sorted[M ~map[string]V, V any](m M) []string { return slices.Sorted(maps.Keys(m)) }
