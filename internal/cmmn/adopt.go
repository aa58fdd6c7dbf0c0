package cmmn

// Adopt fits a replayed case to a model other than the one it was written with.
// Active stages get the items they lack and lose the items that the model no
// longer has. Everything that waits is tested again. Nothing that happened is
// lost. On the same model, Adopt changes nothing.
type Adopt struct{}

// String implements [fmt.Stringer].
func (Adopt) String() string { return "adopt the model" }

func (Adopt) run(t *turn) error {
	if root := t.c.root(); root.state == Active {
		t.adoptStage(root)
	}
	return nil
}

func (t *turn) adoptStage(stage *instance) {
	for _, child := range stage.children {
		if child.node.gone && !child.state.Ended() {
			t.takeOut(child)
		}
	}
	for _, n := range stage.node.children {
		switch last := stage.placeOf(n).last; {
		case last == nil:
			t.add(n, stage)
		case last.state == Available:
			t.recall(last)
			t.later(func() { t.ready(last) })
		case last.state == Active && n.def.Kind == Stage:
			t.adoptStage(last)
		}
	}
	// A complete case that goes on after Reactivate is not completed here.
	if stage.seen&(1<<Reactivate) == 0 {
		t.recheck(stage)
	}
}
