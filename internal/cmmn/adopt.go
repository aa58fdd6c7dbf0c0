package cmmn

// Adopt fits a case that was replayed to a model that is not the one it was
// written with: stages that are active get the items they lack and lose those that
// the model no longer has there, and what waits is tested anew. Nothing that
// happened is lost. On the same model nothing happens.
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
	// A case that was complete and goes on by reactivate is not completed here.
	if stage.seen&(1<<Reactivate) == 0 {
		t.look(stage)
	}
}
