package engine

import (
	"time"

	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/roadmap"
)

// Status is where the lab stands on the roadmap. It comes from the journal alone;
// no host is asked.
type Status struct {
	Lab   string    `json:"lab"`
	At    time.Time `json:"at"`
	Begun bool      `json:"begun"` // whether an `up` has begun the case
	// Running is the command that has the lab's lock now: its name, process and start.
	Running string        `json:"running,omitempty"`
	Undone  []Undone      `json:"undone,omitempty"` // by the last run on each host
	Next    Next          `json:"next"`             // the command that brings the lab on, after "cairn"
	Stages  []StageStatus `json:"stages"`
}

// StageStatus is one stage.
type StageStatus struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	State      string            `json:"state"`               // in CMMN's words
	Word       Word              `json:"word"`                // in the owner's
	WaitsFor   []string          `json:"waits_for,omitempty"` // what opens it
	Tasks      []TaskStatus      `json:"tasks"`
	Milestones []MilestoneStatus `json:"milestones"`
	// Counts of the checkpoints that this version can look at: all, proven, and
	// waived.
	Checkpoints int `json:"checkpoints"`
	Proven      int `json:"proven"`
	Waived      int `json:"waived,omitempty"`
}

// TaskStatus is one task.
type TaskStatus struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Kind          string        `json:"kind"`
	State         string        `json:"state"`             // in CMMN's words
	Word          Word          `json:"word"`              // in the owner's
	Available     bool          `json:"available"`         // whether this version can do it
	ByWord        bool          `json:"by_word,omitempty"` // whether only the owner's word completes it
	Discretionary bool          `json:"discretionary,omitempty"`
	EstimateMin   time.Duration `json:"estimate_min_ns"`
	EstimateMax   time.Duration `json:"estimate_max_ns"`
	Actual        time.Duration `json:"actual_ns,omitempty"` // from start to completion, the waiting for people included
	WaitsFor      []string      `json:"waits_for,omitempty"`
}

// MilestoneStatus is one milestone.
type MilestoneStatus struct {
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Word        Word               `json:"word"`
	Reached     *time.Time         `json:"reached,omitempty"`
	Standing    evidence.Standing  `json:"standing,omitempty"`
	Checkpoints []CheckpointStatus `json:"checkpoints"`
}

// CheckpointStatus is one checkpoint with the looks under it.
type CheckpointStatus struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	Available bool               `json:"available"`
	Outcome   evidence.Outcome   `json:"outcome"`
	Looks     []evidence.Verdict `json:"looks,omitempty"`
}

// Status reads the journal's projections, and who has the lab's lock.
func (v *View) Status() *Status {
	s := &Status{Lab: v.lab.Name, At: v.now().UTC(), Begun: v.caseState.started(), Undone: v.undone()}
	// An unreadable lock is shown as nobody's.
	s.Running, _ = journal.Holder(v.stateDir())
	for _, stage := range v.roadmap.Stages {
		s.Stages = append(s.Stages, v.stageStatus(stage))
	}
	s.Next = s.next()
	return s
}

func (v *View) stageStatus(stage roadmap.Stage) StageStatus {
	status := StageStatus{ID: stage.ID, Name: stage.Name, State: v.caseState.state(stage.ID), WaitsFor: v.caseState.waitsFor(stage.ID)}
	status.Word = wordFor(status.State)
	for _, t := range stage.Tasks {
		status.Tasks = append(status.Tasks, v.taskStatus(t))
	}
	for _, m := range stage.Milestones {
		status.Milestones = append(status.Milestones, v.milestoneStatus(m))
	}
	for _, c := range stage.Checkpoints {
		if !v.resolved.CanLook(c) {
			continue
		}
		status.Checkpoints++
		switch v.Judge(c.ID).Outcome {
		case evidence.Proven:
			status.Proven++
		case evidence.Waived:
			status.Waived++
		}
	}
	return status
}

func (v *View) taskStatus(t roadmap.Task) TaskStatus {
	status := TaskStatus{
		ID: t.ID, Name: t.Name, Kind: string(t.Kind), State: v.caseState.state(t.ID), Available: v.resolved.Implemented(t.ID), ByWord: v.byWord(t), Discretionary: t.Discretionary,
		EstimateMin: t.Estimate.Min, EstimateMax: t.Estimate.Max, Actual: v.caseState.took(t.ID), WaitsFor: v.caseState.waitsFor(t.ID),
	}
	status.Word = wordOf(status)
	return status
}

func (v *View) milestoneStatus(m roadmap.Milestone) MilestoneStatus {
	status := MilestoneStatus{ID: m.ID, Name: m.Name, Word: WordNotReached}
	reached, yes := v.caseState.reachedMilestones()[m.ID]
	if yes {
		status.Reached, status.Word = &reached, WordReached
	}
	var outcomes []evidence.Outcome
	for _, id := range m.Checkpoints {
		c := v.CheckpointStatus(id)
		status.Checkpoints = append(status.Checkpoints, c)
		outcomes = append(outcomes, c.Outcome)
	}
	status.Standing = evidence.StandingOf(yes, outcomes...)
	return status
}

// CheckpointStatus returns what a checkpoint is worth now, look by look.
func (v *View) CheckpointStatus(id string) CheckpointStatus {
	c, _ := v.roadmap.Checkpoint(id)
	j := v.Judge(id)
	return CheckpointStatus{ID: id, Name: c.Name, Available: v.resolved.CanLook(c), Outcome: j.Outcome, Looks: j.Looks}
}
