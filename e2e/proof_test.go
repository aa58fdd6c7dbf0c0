package e2e

import (
	"slices"
	"testing"

	builtin "cairn/catalog"
	"cairn/internal/catalog"
)

// rehearsed are the services that [TestServices] runs from stand-ins for their images,
// with all checks held. No test runs upstream's own images.
var rehearsed = []string{"caddy", "step-ca", "traefik", "whoami"}

// TestWordsOfProof: a service says no more of itself than a test has seen, and no less.
func TestWordsOfProof(t *testing.T) {
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: builtin.Files})
	if err != nil {
		t.Fatal(err)
	}
	services, err := c.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range services {
		want := catalog.Rendered
		if slices.Contains(rehearsed, s.Name) {
			want = catalog.Rehearsed
		}
		if s.Proof != want {
			t.Errorf("%s says that it is %s, and is %s", s.Name, s.Proof, want)
		}
	}
}

// prove takes all looks of the lab's services, which must hold, and notes which run.
func (b *bed) prove(t *testing.T) {
	t.Helper()
	assertOutcome(t, b.lookAt(t, proxyProbes...), proven)
	for _, r := range b.services.Releases {
		b.proved = append(b.proved, r.Service.Name)
	}
}

// provedAll: what is said to be rehearsed was.
func provedAll(t *testing.T, b *bed) {
	for _, name := range rehearsed {
		if !slices.Contains(b.proved, name) {
			t.Errorf("%s is said to be rehearsed, and was not", name)
		}
	}
}
