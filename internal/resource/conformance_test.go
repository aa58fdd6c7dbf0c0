package resource

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// example is a resource of one kind. It can bring a host to where it has none of
// the resource, and to where it has it wrong.
type example struct {
	name    string
	desired Resource
	// begin brings the host, whatever its state, to the start of the example.
	begin func(t testing.TB, b *bench)
	// tamper breaks one thing on a host that has the resource.
	tamper map[string]func(t testing.TB, b *bench)
	// change changes the host between plan and run, from the start of the example. It
	// is nil if the kind only sees what it asks for.
	change func(t testing.TB, b *bench)
	// bad are descriptions that Validate must refuse.
	bad []Resource
}

// conform checks what every kind of resource must do.
func conform(t *testing.T, b *bench, all []example) {
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			t.Run("bad descriptions are refused", func(t *testing.T) { refusesBad(t, e) })
			t.Run("travels", func(t *testing.T) { travels(t, e.desired) })
			t.Run("is brought about once", func(t *testing.T) { isBroughtAboutOnce(t, b, e) })
			t.Run("tampering is found", func(t *testing.T) { tamperingIsFound(t, b, e) })
			t.Run("a stale plan is refused", func(t *testing.T) { staleIsRefused(t, b, e) })
			t.Run("is put back", func(t *testing.T) { isPutBack(t, b, e) })
			t.Run("is put back after a crash", func(t *testing.T) { isPutBackAfterACrash(t, b, e) })
			t.Run("a failure heals", func(t *testing.T) { failureHeals(t, b, e) })
			t.Run("a crash heals", func(t *testing.T) { crashHeals(t, b, e) })
		})
	}
}

func refusesBad(t *testing.T, e example) {
	ok(t, e.desired.Validate())
	if len(e.bad) == 0 {
		t.Error("the example has no bad description")
	}
	for _, r := range e.bad {
		if r.Validate() == nil {
			t.Errorf("%+v was not refused", r)
		}
		if _, err := Encode(r); err == nil {
			t.Errorf("%+v was encoded", r)
		}
	}
}

func travels(t *testing.T, r Resource) {
	spec, err := Encode(r)
	ok(t, err)
	again, err := Decode(spec)
	ok(t, err)
	sameSpec := cmp.Comparer(func(a, b Spec) bool { return a.Kind == b.Kind && bytes.Equal(a.Body, b.Body) })
	if diff := cmp.Diff(r, again, sameSpec); diff != "" {
		t.Errorf("arrived as another (-sent +arrived):\n%s", diff)
	}
	second, err := Encode(again)
	ok(t, err)
	if !bytes.Equal(spec.Body, second.Body) {
		t.Error("the same resource was encoded in two ways")
	}
	if r.Key() == "" || r.Kind() == "" {
		t.Error("without kind or key")
	}
}

// check checks, and fails the test if anything was changed.
func check(t testing.TB, b *bench, r Resource) Diff {
	t.Helper()
	before, ran := b.portrait(t, everything), b.runner.count()
	diff, err := r.Check(t.Context(), b.sys)
	ok(t, err)
	for _, c := range b.runner.since(ran) {
		if !readOnly(c) {
			t.Errorf("Check ran %q", strings.Join(c.Argv, " "))
		}
	}
	if d := apart(before, b.portrait(t, everything)); d != "" {
		t.Errorf("Check changed the host (-before +after):\n%s", d)
	}
	if diff.Fingerprint == "" {
		t.Error("Check returned no fingerprint")
	}
	return diff
}

// bringAbout takes a resource through a whole run, confirmed.
func bringAbout(t testing.TB, b *bench, r Resource) Diff {
	t.Helper()
	diff, err := Converge(t.Context(), b.sys, r, "")
	ok(t, err)
	persist(t, b, r)
	return diff
}

func persist(t testing.TB, b *bench, r Resource) {
	t.Helper()
	if g, guarded := r.(Guardable); guarded {
		ok(t, g.Persist(t.Context(), b.sys))
	}
}

func isBroughtAboutOnce(t *testing.T, b *bench, e example) {
	e.begin(t, b)
	plan := check(t, b, e.desired)
	if plan.Empty() {
		t.Fatal("the host where the example starts has it already")
	}
	applied, err := Converge(t.Context(), b.sys, e.desired, plan.Fingerprint)
	ok(t, err)
	if d := cmp.Diff(plan, applied); d != "" {
		t.Errorf("another diff was applied than planned:\n%s", d)
	}
	persist(t, b, e.desired)
	if left := check(t, b, e.desired); !left.Empty() {
		t.Fatalf("after it was brought about it still differs: %+v", left.Changes)
	}
	ok(t, e.desired.Verify(t.Context(), b.sys))
	before := b.portrait(t, everything)
	second, err := Converge(t.Context(), b.sys, e.desired, "")
	ok(t, err)
	if !second.Empty() {
		t.Errorf("the second time it was applied again: %+v", second.Changes)
	}
	if d := apart(before, b.portrait(t, everything)); d != "" {
		t.Errorf("the second time it changed the host:\n%s", d)
	}
}

func tamperingIsFound(t *testing.T, b *bench, e example) {
	if len(e.tamper) == 0 {
		t.Fatal("the example tampers with nothing")
	}
	e.begin(t, b)
	for what, tamper := range e.tamper {
		bringAbout(t, b, e.desired)
		tamper(t, b)
		if err := e.desired.Verify(t.Context(), b.sys); err == nil {
			t.Errorf("%s: Verify does not find it", what)
		}
		if d := check(t, b, e.desired); d.Empty() {
			t.Errorf("%s: Check does not find it", what)
		}
	}
	bringAbout(t, b, e.desired)
}

func staleIsRefused(t *testing.T, b *bench, e example) {
	e.begin(t, b)
	plan := check(t, b, e.desired)
	fingerprint := plan.Fingerprint
	if e.change != nil {
		e.change(t, b)
	} else {
		fingerprint = "of another state"
	}
	before, ran := b.portrait(t, everything), b.runner.count()
	_, err := Converge(t.Context(), b.sys, e.desired, fingerprint)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.ResourceStale {
		t.Fatalf("the stale plan ended with %v", err)
	}
	for _, c := range b.runner.since(ran) {
		if !readOnly(c) {
			t.Errorf("a stale plan ran %q", strings.Join(c.Argv, " "))
		}
	}
	if d := apart(before, b.portrait(t, everything)); d != "" {
		t.Errorf("a stale plan changed the host:\n%s", d)
	}
}

func isPutBack(t *testing.T, b *bench, e example) {
	g, guarded := e.desired.(Guardable)
	if !guarded {
		return
	}
	for _, persisted := range []bool{false, true} {
		e.begin(t, b)
		before := b.portrait(t, withoutDirectoryTimes)
		ran := b.runner.count()
		undo, err := g.Capture(t.Context(), b.sys)
		ok(t, err)
		ok(t, g.Precheck(t.Context(), b.sys))
		for _, c := range b.runner.since(ran) {
			if !readOnly(c) {
				t.Errorf("Capture or Precheck ran %q", strings.Join(c.Argv, " "))
			}
		}
		if d := apart(before, b.portrait(t, withoutDirectoryTimes)); d != "" {
			t.Errorf("Capture or Precheck changed the host:\n%s", d)
		}
		mustBeLike(t, b, undo)
		_, err = Converge(t.Context(), b.sys, g, "")
		ok(t, err)
		if persisted {
			ok(t, g.Persist(t.Context(), b.sys))
		}
		if differences, err := undo.Differences(t.Context(), b.sys); err != nil || len(differences) == 0 {
			t.Errorf("the change cannot be seen by the undo: %v", err)
		}
		ok(t, undo.Restore(t.Context(), b.sys))
		b.settle(t)
		mustBeLike(t, b, undo)
		if d := apart(before, b.portrait(t, withoutDirectoryTimes)); d != "" {
			t.Errorf("persisted %v: not as it was (-before +after):\n%s", persisted, d)
		}
	}
}

// isPutBackAfterACrash kills the process that makes the change, at each point in
// turn. The undo must put back what the process did until then.
func isPutBackAfterACrash(t *testing.T, b *bench, e example) {
	g, guarded := e.desired.(Guardable)
	for n, crashed := 1, guarded; crashed; n++ {
		e.begin(t, b)
		before := b.portrait(t, withoutDirectoryTimes)
		undo, err := g.Capture(t.Context(), b.sys)
		ok(t, err)
		var where string
		where, crashed = b.crash(t, e, n)
		ok(t, undo.Restore(t.Context(), b.sys))
		b.settle(t)
		mustBeLike(t, b, undo)
		if d := apart(before, b.portrait(t, withoutDirectoryTimes)); d != "" {
			t.Errorf("killed at point %s: not as it was (-before +after):\n%s", where, d)
		}
	}
}

func mustBeLike(t testing.TB, b *bench, undo system.Undo) {
	t.Helper()
	differences, err := undo.Differences(t.Context(), b.sys)
	ok(t, err)
	if len(differences) > 0 {
		t.Errorf("differs from the captured state: %s", strings.Join(differences, "; "))
	}
}

// failureHeals lets each program that changes something fail in turn.
func failureHeals(t *testing.T, b *bench, e example) {
	for n := 1; ; n++ {
		e.begin(t, b)
		b.runner.failAt(n)
		_, err := Converge(t.Context(), b.sys, e.desired, "")
		if g, guarded := e.desired.(Guardable); guarded && err == nil {
			err = g.Persist(t.Context(), b.sys)
		}
		failed := b.runner.stopFailing()
		if d, _ := e.desired.Check(t.Context(), b.sys); failed && err == nil && !d.Empty() {
			t.Errorf("program %d failed and nobody noticed", n)
		}
		mustHeal(t, b, e, fmt.Sprintf("program %d failed", n))
		if !failed {
			return
		}
	}
}

// crashHeals kills the process that makes the change, at each point in turn, and
// then makes the change again.
func crashHeals(t *testing.T, b *bench, e example) {
	for n := 1; ; n++ {
		e.begin(t, b)
		where, crashed := b.crash(t, e, n)
		mustHeal(t, b, e, "killed at point "+where)
		if !crashed {
			if n == 1 {
				t.Error("there is no point to be killed at")
			}
			return
		}
	}
}

func mustHeal(t testing.TB, b *bench, e example, after string) {
	t.Helper()
	if _, err := Converge(t.Context(), b.sys, e.desired, ""); err != nil {
		t.Fatalf("%s: it does not heal: %v", after, err)
	}
	persist(t, b, e.desired)
	if d, err := e.desired.Check(t.Context(), b.sys); err != nil || !d.Empty() {
		t.Errorf("%s: it does not heal: %+v, %v", after, d.Changes, err)
	}
	if err := e.desired.Verify(t.Context(), b.sys); err != nil {
		t.Errorf("%s: it does not heal: %v", after, err)
	}
	if left := b.leftovers(t); len(left) > 0 {
		t.Errorf("%s: these files are left: %s", after, strings.Join(left, ", "))
	}
}
