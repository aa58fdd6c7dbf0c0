package wiring

import "cairn/internal/resource"

// live returns the files that the release's containers read again while they run.
func (r Release) live() ([]File, error) { return nil, nil }

// reload is how a container takes over changed live files.
func (r Release) reload() *resource.Reload { return nil }
