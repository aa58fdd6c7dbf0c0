package resource

import (
	"context"
	"fmt"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// Converge brings a resource into its described state: it checks, applies what
// differs, and verifies. It returns the diff that it applied, which is empty if
// there was nothing to do. If a fingerprint is given, it applies nothing to a host
// in another state.
func Converge(ctx context.Context, sys *system.System, r Resource, fingerprint string) (Diff, error) {
	diff, err := r.Check(ctx, sys)
	if err != nil {
		return Diff{}, fmt.Errorf("checking %s %s: %w", r.Kind(), r.Key(), err)
	}
	if diff.Empty() {
		return diff, nil
	}
	if fingerprint != "" && fingerprint != diff.Fingerprint {
		return diff, problem.New(problem.ResourceStale, "", fmt.Sprintf("%s %s is not as it was when the plan was made", r.Kind(), r.Key()))
	}
	if err := keepOriginal(ctx, sys, r, diff); err != nil {
		return diff, fmt.Errorf("keeping what was there before %s %s: %w", r.Kind(), r.Key(), err)
	}
	if err := r.Apply(ctx, sys, diff); err != nil {
		return diff, fmt.Errorf("applying %s %s: %w", r.Kind(), r.Key(), err)
	}
	if err := r.Verify(ctx, sys); err != nil {
		return diff, fmt.Errorf("verifying %s %s: %w", r.Kind(), r.Key(), err)
	}
	return diff, keepResult(sys, r)
}
