package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"cairn/internal/cmmn"
)

// Step is one action on the case. Exactly one of Do, Set, Advance, Plan and
// Unplan is set.
type Step struct {
	// Do is a transition of Item, which is "case" or an item's id, path or name.
	// Index picks an instance, from 0. Without it, the oldest instance that can
	// make the transition is taken. Force completes a stage in which something is
	// active.
	Do    string `json:"do,omitempty"`
	Item  string `json:"item,omitempty"`
	Index *int   `json:"index,omitempty"`
	Force bool   `json:"force,omitempty"`
	// Set gives values to the case file. null removes a value.
	Set map[string]json.RawMessage `json:"set,omitempty"`
	// Advance lets a duration (ISO 8601) pass, or moves time to a moment.
	Advance string `json:"advance,omitempty"`
	// Plan puts a discretionary item into the stage In. Unplan takes it out.
	Plan   string `json:"plan,omitempty"`
	Unplan string `json:"unplan,omitempty"`
	In     string `json:"in,omitempty"`
}

// parseStep reads one line.
func parseStep(line []byte) (Step, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var s Step
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("the step is not a JSON object with known keys: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, errors.New("the line holds more than one step")
	}
	verbs := 0
	for _, given := range []bool{s.Do != "", s.Set != nil, s.Advance != "", s.Plan != "", s.Unplan != ""} {
		if given {
			verbs++
		}
	}
	if verbs != 1 {
		return s, errors.New(`a step has exactly one of "do", "set", "advance", "plan" and "unplan"`)
	}
	return s, nil
}

// command returns the command for the step.
func (s Step) command(c *cmmn.Case) (cmmn.Command, error) {
	switch {
	case s.Do != "":
		return s.transition(c)
	case s.Set != nil:
		return cmmn.Set{Values: s.Set}, nil
	case s.Advance != "":
		return s.advance(c)
	case s.Plan != "":
		return c.FindPlan(s.Plan, s.In)
	default:
		plan, err := c.FindPlan(s.Unplan, s.In)
		return cmmn.Unplan(plan), err
	}
}

func (s Step) transition(c *cmmn.Case) (cmmn.Command, error) {
	var transition cmmn.Transition
	if err := transition.UnmarshalText([]byte(s.Do)); err != nil {
		return nil, err
	}
	if s.Item == "" {
		return nil, errors.New(`"do" needs an "item"`)
	}
	index := -1
	if s.Index != nil {
		index = *s.Index
		if index < 0 {
			return nil, fmt.Errorf("%d is not an index; the first instance is 0", index)
		}
	}
	number, err := c.Find(s.Item, index, transition)
	return cmmn.Do{Number: number, Transition: transition, Force: s.Force, Path: s.Item}, err
}

func (s Step) advance(c *cmmn.Case) (cmmn.Command, error) {
	if at, err := time.Parse(time.RFC3339, s.Advance); err == nil {
		return cmmn.Advance{To: at}, nil
	}
	span, err := cmmn.ParseSpan(s.Advance)
	if err != nil {
		return nil, err
	}
	return cmmn.Advance{To: span.After(c.Now())}, nil
}
