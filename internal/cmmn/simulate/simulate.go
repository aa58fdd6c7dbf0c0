// Package simulate runs a case model step by step and touches nothing. It shows
// what would happen.
//
// Steps are JSON objects, one a line; see [Step]. A step that is refused changes
// nothing, and the run goes on.
package simulate

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"cairn/internal/cmmn"
)

// maxLine is the longest step, in bytes.
const maxLine = 1 << 20

// Result is the case after a step. Step 0 is the start.
type Result struct {
	Step  int        `json:"step"`
	OK    bool       `json:"ok"`
	Error string     `json:"error"`
	Case  cmmn.State `json:"case"`
	// Items are all instances in order of creation, ended ones too.
	Items []Item `json:"items"`

	// Line is the step as it was given. Turn is what it caused.
	Line string    `json:"-"`
	Turn cmmn.Turn `json:"-"`
}

// Item is one instance of an item.
type Item struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Path  string     `json:"path"`
	Index int        `json:"index"`
	State cmmn.State `json:"state"`
}

// Run starts a case at a time and takes it through the steps. It hands each
// result to emit. An error of emit ends the run.
func Run(p *cmmn.Program, start time.Time, steps io.Reader, emit func(Result) error) error {
	c, turn, err := p.Start(cmmn.Author{At: start})
	if err := emit(resultOf(c, 0, "", turn, err)); err != nil {
		return err
	}
	lines := bufio.NewScanner(steps)
	lines.Buffer(nil, maxLine)
	for number := 1; lines.Scan(); {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		turn, err := take(c, line)
		if err := emit(resultOf(c, number, string(line), turn, err)); err != nil {
			return err
		}
		number++
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("cannot read the steps: %w", err)
	}
	return nil
}

func take(c *cmmn.Case, line []byte) (cmmn.Turn, error) {
	step, err := parseStep(line)
	if err != nil {
		return cmmn.Turn{}, err
	}
	command, err := step.command(c)
	if err != nil {
		return cmmn.Turn{}, err
	}
	return c.Execute(command, cmmn.Author{})
}

func resultOf(c *cmmn.Case, number int, line string, turn cmmn.Turn, err error) Result {
	r := Result{Step: number, OK: err == nil, Case: c.State(), Items: []Item{}, Line: line, Turn: turn}
	if err != nil {
		r.Error = err.Error()
	}
	for _, i := range c.Items() {
		r.Items = append(r.Items, Item{ID: i.ID, Name: i.Name, Path: i.Path, Index: i.Index, State: i.State})
	}
	return r
}
