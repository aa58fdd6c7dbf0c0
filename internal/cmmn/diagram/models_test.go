package diagram

import (
	"fmt"
	"time"

	"cairn/internal/cmmn"
)

// sketch makes models in few words. Ids are made of names.
type sketch struct{ parts int }

// stage makes the definition of a stage.
func stage(id, name string, items ...*cmmn.Item) *cmmn.Definition {
	return &cmmn.Definition{ID: id, Name: name, Kind: cmmn.Stage, Items: items}
}

func item(id, name string, kind cmmn.Kind) *cmmn.Item {
	return &cmmn.Item{ID: id, Definition: &cmmn.Definition{ID: id + ".definition", Name: name, Kind: kind}}
}

// on makes a sentry in a stage that waits for all of some items. It returns a
// criterion for it.
func (s *sketch) on(in *cmmn.Definition, sources ...*cmmn.Item) cmmn.Criterion {
	s.parts++
	sentry := &cmmn.Sentry{ID: fmt.Sprintf("sentry%d", s.parts)}
	for i, source := range sources {
		sentry.On = append(sentry.On, cmmn.OnPart{ID: fmt.Sprintf("on%d.%d", s.parts, i), Source: source.ID, Event: done(source)})
	}
	in.Sentries = append(in.Sentries, sentry)
	return cmmn.Criterion{ID: fmt.Sprintf("criterion%d", s.parts), Sentry: sentry.ID}
}

// done is the usual event of an item.
func done(source *cmmn.Item) cmmn.Transition {
	if k := source.Definition.Kind; k == cmmn.Milestone || k.IsListener() {
		return cmmn.Occur
	}
	return cmmn.Complete
}

func (s *sketch) after(in *cmmn.Definition, it *cmmn.Item, sources ...*cmmn.Item) {
	it.Entry = append(it.Entry, s.on(in, sources...))
}

// step is a line of a roadmap: a task, its milestone if it has one, and what it
// waits for. A task's name stands for its milestone.
type step struct {
	name, milestone string
	kind            cmmn.Kind
	discretionary   bool
	after           []string
}

var homelabSteps = []struct {
	id, name, door string
	steps          []step
}{
	{"foundation", "Initial Setup", "Basic Firewall Setup", []step{
		{"Hardware Assembly & Connection", "", cmmn.HumanTask, false, nil},
		{"BIOS/UEFI Configuration", "", cmmn.HumanTask, false, []string{"Hardware Assembly & Connection"}},
		{"Host Operating System Installation", "Host OS Installed & Bootable", cmmn.HumanTask, false, []string{"BIOS/UEFI Configuration"}},
		{"Basic Network Configuration", "Host Network Connectivity Established", cmmn.HumanTask, false, []string{"Host Operating System Installation"}},
		{"The Base of a Host", "Base of the Host Ready", cmmn.ProcessTask, false, []string{"Basic Network Configuration"}},
		{"Secure Remote Access (SSH)", "Secure Remote Access Configured", cmmn.ProcessTask, false, []string{"Basic Network Configuration", "The Base of a Host"}},
		{"Basic Firewall Setup", "Basic Firewall Rules Applied", cmmn.ProcessTask, false, []string{"Secure Remote Access (SSH)"}},
		{"Version Control Setup", "", cmmn.HumanTask, true, nil},
	}},
	{"core", "Core Services", "Backup Solution Implementation", []step{
		{"Containerization Platform Setup", "Container Platform Operational", cmmn.ProcessTask, false, []string{"Host Operating System Installation", "Secure Remote Access (SSH)"}},
		{"Reverse Proxy Deployment", "Reverse Proxy Routing HTTP", cmmn.ProcessTask, false, []string{"Containerization Platform Setup"}},
		{"TLS Certificate Management", "Secure HTTPS Access Established", cmmn.ProcessTask, false, []string{"Reverse Proxy Deployment", "Basic Network Configuration"}},
		{"VPN Service Setup", "VPN Service Operational", cmmn.ProcessTask, false, []string{"Basic Network Configuration", "Basic Firewall Setup"}},
		{"Basic Monitoring Setup", "Basic System & Container Monitoring Active", cmmn.ProcessTask, false, []string{"Containerization Platform Setup"}},
		{"Backup Solution Implementation", "Initial Backup Strategy Implemented", cmmn.ProcessTask, false, []string{"Host Operating System Installation"}},
		{"Authentication Provider", "", cmmn.ProcessTask, true, []string{"TLS Certificate Management"}},
	}},
	{"expansion", "Service Expansion", "Data Processing & Storage", []step{
		{"Automation Platform Deployment", "Automation Platform(s) Operational", cmmn.ProcessTask, true, []string{"Containerization Platform Setup", "Reverse Proxy Deployment"}},
		{"AI/ML Platform Setup", "AI/ML Serving/Training Environment Ready", cmmn.ProcessTask, true, []string{"Containerization Platform Setup"}},
		{"Data Processing & Storage", "Data Services Deployed", cmmn.ProcessTask, false, []string{"Containerization Platform Setup"}},
		{"Advanced Monitoring & Logging", "Centralized Logging and Alerting Active", cmmn.ProcessTask, true, []string{"Basic Monitoring Setup"}},
		{"Secrets Management", "Secure Secrets Management Implemented", cmmn.ProcessTask, true, []string{"Containerization Platform Setup"}},
		{"CI/CD Pipeline", "Automated Build/Deployment Pipeline Established", cmmn.ProcessTask, true, []string{"Containerization Platform Setup", "Version Control Setup"}},
		{"Service Mesh (Kubernetes Only)", "Service Mesh Deployed and Configured", cmmn.ProcessTask, true, []string{"Containerization Platform Setup"}},
		{"Refine Authentication", "", cmmn.ProcessTask, true, []string{"Authentication Provider"}},
	}},
	{"improvement", "Continuous Improvement", "Regularly review and update services", []step{
		{"Regularly review and update services", "", cmmn.HumanTask, true, nil},
		{"Monitor resource utilization and plan upgrades", "", cmmn.HumanTask, true, nil},
		{"Refine monitoring dashboards and alerting rules", "", cmmn.HumanTask, true, nil},
		{"Conduct periodic security audits", "", cmmn.HumanTask, true, nil},
		{"Test backup recovery procedures regularly", "", cmmn.HumanTask, true, nil},
		{"Explore new technologies", "", cmmn.HumanTask, true, nil},
	}},
}

// homelab is a model like the one that Cairn makes of its roadmap.
func homelab() *cmmn.Model {
	s := &sketch{}
	plan := stage("plan", "Homelab Implementation Roadmap")
	always := &cmmn.Expression{}
	reached := map[string]*cmmn.Item{} // stands for a task's success
	var door *cmmn.Item
	for _, phase := range homelabSteps {
		def := stage(phase.id+".definition", phase.name)
		in := &cmmn.Item{ID: phase.id, Definition: def, Control: &cmmn.Control{Required: always}}
		plan.Items = append(plan.Items, in)
		if door != nil {
			s.after(plan, in, door)
		}
		for i, step := range phase.steps {
			task := item(fmt.Sprintf("%s.task%d", phase.id, i), step.name, step.kind)
			task.Definition.Estimate = cmmn.Estimate{Min: time.Hour, Max: 3 * time.Hour}
			reached[step.name] = task
			for _, name := range step.after {
				s.parts++
				if len(task.Entry) == 0 {
					s.after(def, task, reached[name])
					continue
				}
				last := def.Sentries[len(def.Sentries)-1]
				last.On = append(last.On, cmmn.OnPart{ID: fmt.Sprintf("on%d", s.parts), Source: reached[name].ID, Event: done(reached[name])})
			}
			if step.discretionary {
				if def.Table == nil {
					def.Table = &cmmn.PlanningTable{ID: phase.id + ".table"}
				}
				def.Table.Items = append(def.Table.Items, task)
			} else {
				task.Control = &cmmn.Control{Required: always}
				def.Items = append(def.Items, task)
			}
			if step.milestone == "" {
				continue
			}
			milestone := item(fmt.Sprintf("%s.milestone%d", phase.id, i), step.milestone, cmmn.Milestone)
			s.after(def, milestone, task)
			def.Items = append(def.Items, milestone)
			reached[step.name] = milestone
		}
		door = reached[phase.door]
	}
	return &cmmn.Model{ID: "homelab", Name: plan.Name, Plan: plan}
}

// notation is a small model with every element of the notation.
func notation() *cmmn.Model {
	s := &sketch{}
	rule := &cmmn.Expression{}
	file := cmmn.FileItem{ID: "invoice", Name: "Invoice"}
	timer := item("timer", "Every quarter", cmmn.TimerEvent)
	timer.Definition.Timer = &cmmn.Timer{Expression: "R/P3M"}
	user := item("user", "Owner asks for it", cmmn.UserEvent)
	anything := item("event", "Something happens", cmmn.EventListener)

	work := stage("work.definition", "Stage with everything")
	work.AutoComplete = true
	human := item("human", "Human task", cmmn.HumanTask)
	extra := item("extra", "Planned by the human task", cmmn.Task)
	human.Definition.Table = &cmmn.PlanningTable{ID: "human.table", Items: []*cmmn.Item{extra, item("extra2", "Also planned by it", cmmn.Task)}}
	process := item("process", "Process task with all of the rules", cmmn.ProcessTask)
	process.Control = &cmmn.Control{Required: rule, ManualActivation: rule, Repetition: rule}
	caseTask := item("case", "Case task", cmmn.CaseTask)
	decision := item("decision", "Decision task", cmmn.DecisionTask)
	reached := item("reached", "Milestone that is required", cmmn.Milestone)
	reached.Control = &cmmn.Control{Required: rule}
	inner := &cmmn.Item{ID: "inner", Definition: stage("inner.definition", "Stage in a stage", item("deep", "Task in it", cmmn.Task))}
	work.Items = []*cmmn.Item{human, process, caseTask, decision, reached, inner}
	work.Table = &cmmn.PlanningTable{ID: "work.table", Items: []*cmmn.Item{item("maybe", "Discretionary task", cmmn.Task)}}
	s.after(work, process, human)
	s.after(work, extra, process)
	s.after(work, reached, process, caseTask)
	s.after(work, inner, reached)
	s.after(work, caseTask, decision)
	process.Exit = append(process.Exit, s.on(work, user))
	s.after(work, decision, human)
	work.Sentries[len(work.Sentries)-1].On[0].Event = cmmn.Start

	plan := stage("plan", "Every element of the notation")
	plan.AutoComplete = true
	in := &cmmn.Item{ID: "work", Definition: work, Control: &cmmn.Control{Required: rule, Repetition: rule}}
	again := &cmmn.Item{ID: "again", Name: "The same stage again", Definition: work}
	end := item("done", "Done", cmmn.Milestone)
	plan.Items = []*cmmn.Item{timer, user, anything, in, again, end}
	s.after(plan, in, timer)
	s.after(plan, in, user)
	in.Exit = []cmmn.Criterion{s.on(plan, anything), s.on(plan, inner)}
	s.after(plan, end, again)
	s.after(plan, again, in)
	last := plan.Sentries[len(plan.Sentries)-1]
	last.On[0].Event, last.On[0].ExitCriterion = cmmn.Exit, in.Exit[0].ID
	plan.Exit = []cmmn.Criterion{s.on(plan, end)}
	s.after(plan, end, user)
	fromFile := plan.Sentries[len(plan.Sentries)-1]
	fromFile.On = []cmmn.OnPart{{ID: "onFile", Source: file.ID, FileEvent: cmmn.FileUpdate}}
	return &cmmn.Model{ID: "notation", Plan: plan, File: []cmmn.FileItem{file}}
}
