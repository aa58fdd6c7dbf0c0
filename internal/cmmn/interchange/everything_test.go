package interchange

import (
	"time"

	"cairn/internal/cmmn"
)

// everything is a model that has everything a model can have, and from which a
// case can start.
func everything() *cmmn.Model {
	harden := &cmmn.Definition{
		ID: "harden", Name: "Harden", Kind: cmmn.ProcessTask, Documentation: "Used in two stages,\nso it stands in the one round both.",
		Control: &cmmn.Control{
			Required: &cmmn.Expression{}, ManualActivation: &cmmn.Expression{Text: "!unattended"},
			Repetition: &cmmn.Expression{Text: "repetition < 3"}, MaxInstances: 3,
		},
		Annotation: cmmn.Annotation{
			Estimate:    cmmn.Estimate{Min: time.Hour, Max: 90 * time.Minute},
			Steps:       []string{"install <nftables>", "apply & check"},
			Checkpoints: []cmmn.Note{{ID: "ports/closed", Text: "only known ports answer"}},
			Challenges:  []cmmn.Note{{ID: "locked-out", Text: "no way in", Remedy: "wait for the guard"}},
		},
	}
	buy := &cmmn.Definition{ID: "buy", Name: "Buy a part", Kind: cmmn.HumanTask}
	return &cmmn.Model{
		ID: "lab", Name: `The "lab" <case>`, File: []cmmn.FileItem{{ID: "inventory", Name: "inventory"}},
		Plan: &cmmn.Definition{
			ID: "plan", Name: "Homelab", Kind: cmmn.Stage, AutoComplete: true,
			Items: []*cmmn.Item{
				{ID: "foundation", Definition: foundation(harden, buy)},
				{ID: "services", Definition: services(harden, buy),
					Entry: []cmmn.Criterion{{ID: "after-foundation", Name: "foundation stands", Sentry: "founded"}},
					Exit:  []cmmn.Criterion{{ID: "services-stopped", Sentry: "stopped"}}},
				{ID: "secure", Definition: &cmmn.Definition{ID: "secured", Name: "Secured", Kind: cmmn.Milestone},
					Entry: []cmmn.Criterion{{ID: "both", Sentry: "founded"}, {ID: "given-up", Sentry: "abandoned"}}},
				{ID: "stop", Definition: &cmmn.Definition{ID: "stopping", Name: "Stop", Kind: cmmn.UserEvent}},
				{ID: "power", Definition: &cmmn.Definition{ID: "power-cut", Name: "Power cut", Kind: cmmn.EventListener}},
			},
			Sentries: []*cmmn.Sentry{
				{ID: "founded", Name: "foundation stands", On: []cmmn.OnPart{{ID: "founded-on", Name: "stands", Source: "foundation", Event: cmmn.Complete}}},
				{ID: "abandoned", Retroactive: true, On: []cmmn.OnPart{{ID: "abandoned-on", Source: "services", Event: cmmn.Exit, ExitCriterion: "services-stopped"}}},
				{ID: "stopped", Memoryless: true, On: []cmmn.OnPart{{ID: "stopped-on", Source: "stop", Event: cmmn.Occur}},
					If: &cmmn.Expression{ID: "stop-allowed", Text: `owner == "me" && !busy`}},
			},
			Exit: []cmmn.Criterion{{ID: "case-stopped", Sentry: "stopped"}},
		},
	}
}

func foundation(harden, buy *cmmn.Definition) *cmmn.Definition {
	return &cmmn.Definition{
		ID: "foundation-stage", Name: "Foundation", Kind: cmmn.Stage,
		Items: []*cmmn.Item{
			{ID: "assemble", Definition: &cmmn.Definition{
				ID: "assembly", Name: "Assemble", Kind: cmmn.HumanTask,
				Table: &cmmn.PlanningTable{ID: "parts", Items: []*cmmn.Item{{ID: "buy-part", Definition: buy}}},
			}},
			{ID: "harden-first", Name: "Harden the first host", Definition: harden, Control: &cmmn.Control{},
				Entry: []cmmn.Criterion{{ID: "assembled", Sentry: "is-assembled"}}},
			{ID: "inform", Definition: &cmmn.Definition{ID: "information", Name: "Inform", Kind: cmmn.Task, NonBlocking: true}},
		},
		Sentries: []*cmmn.Sentry{{ID: "is-assembled", On: []cmmn.OnPart{
			{ID: "assembled-on", Source: "assemble", Event: cmmn.Complete},
			{ID: "inventoried-on", Source: "inventory", FileEvent: cmmn.FileUpdate},
		}}},
	}
}

func services(harden, buy *cmmn.Definition) *cmmn.Definition {
	return &cmmn.Definition{
		ID: "services-stage", Name: "Services", Kind: cmmn.Stage,
		Items: []*cmmn.Item{
			{ID: "harden-again", Definition: harden, Exit: []cmmn.Criterion{{ID: "too-late", Sentry: "is-late"}}},
			{ID: "decide", Definition: &cmmn.Definition{ID: "decision", Name: "Decide", Kind: cmmn.DecisionTask}},
			{ID: "migrate", Definition: &cmmn.Definition{ID: "migration", Name: "Migrate", Kind: cmmn.CaseTask}},
			{ID: "late", Definition: &cmmn.Definition{ID: "deadline", Name: "Deadline", Kind: cmmn.TimerEvent,
				Timer: &cmmn.Timer{Expression: "PT3H", Start: &cmmn.OnPart{ID: "deadline-from", Source: "decide", Event: cmmn.Start}}}},
		},
		Sentries: []*cmmn.Sentry{{ID: "is-late", On: []cmmn.OnPart{{ID: "late-on", Source: "late", Event: cmmn.Occur}}}},
		Table: &cmmn.PlanningTable{
			ID: "extras", Rules: []cmmn.Rule{{ID: "has-budget", Name: "there is money", Condition: cmmn.Expression{Text: "budget > 100"}}, {ID: "whenever"}},
			Items: []*cmmn.Item{{ID: "buy-ups", Name: "Buy a UPS", Definition: buy, Applicability: []string{"has-budget", "whenever"}}},
			Tables: []*cmmn.PlanningTable{{ID: "later", Applicability: []string{"has-budget"},
				Items: []*cmmn.Item{{ID: "buy-rack", Definition: buy, Control: &cmmn.Control{Repetition: &cmmn.Expression{Text: "true == open"}}}}}},
		},
	}
}
