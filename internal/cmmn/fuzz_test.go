package cmmn_test

import (
	"encoding/json"
	"testing"
	"time"

	"cairn/internal/cmmn"
)

// fuzzModel contains something of everything that commands can reach.
const fuzzModel = `case C x> Stop.occur
  task A repeat(repetition < 4) x> Stop.terminate
  human H manual
    task HD discretionary when(a)
  stage S repeat(repetition < 3) manual(m) <- A.complete + file:a.update ; if b
    stage I auto <- if n > 2 x> W.fault
      task W required <- A.complete if a
      task D discretionary <- retroactive A.exit@A.x1 ; Go.occur
      milestone M required(b) repeat <- W.complete ; Go.occur
    task N nonblocking repeat max=3 <- memoryless Go.occur if a
    timer T timer=R3/PT1H
    timer L timer=PT2H from=W.start
  stage X <- S.complete + L.occur
    task Y x> if b
    user U
  user Go
  user Stop
  task Keep`

// FuzzSteps runs random commands against one case. Each byte chooses one.
// Nothing may panic, a refused command must change nothing, and the journal
// must lead to the same case.
func FuzzSteps(f *testing.F) {
	for _, seed := range []string{"", "abcdefgh", "\x00\x01\x01\x02\x02\x02\x03\x09\x04\x01", "\x03\x00\x03\x01\x00\x01\x01\x01\x00\x02\x01\x01\x02\x03"} {
		f.Add([]byte(seed))
	}
	p := compile(f, parsed(f, fuzzModel))
	f.Fuzz(func(t *testing.T, steps []byte) {
		c, turn, err := p.Start(cmmn.Author{At: epoch})
		if err != nil {
			t.Fatal(err)
		}
		turns := []cmmn.Turn{turn}
		for len(steps) > 2 && len(turns) < 60 {
			command := chosen(c, steps[0], steps[1], steps[2])
			steps = steps[3:]
			before := dump(c)
			turn, err := c.Execute(command, cmmn.Author{})
			if err == nil || isSpin(err) {
				turns = append(turns, turn)
			} else if dump(c) != before {
				t.Errorf("%v was refused and changed something", command)
			}
			checkInvariants(t, c)
		}
		checkReplay(t, p, c, turns)
		if fault := cmmn.TallyFault(c); fault != "" {
			t.Error(fault)
		}
	})
}

// chosen is the command that three bytes encode.
func chosen(c *cmmn.Case, what, which, how byte) cmmn.Command {
	number := int(which) % (len(c.Items()) + 2)
	discretionary := []string{"HD", "D", "Keep"}[int(how)%3]
	switch what % 8 {
	case 0:
		name := []string{"a", "b", "m", "n"}[which%4]
		value := []string{"true", "false", "null", "1", "3", `"x"`, "[1]", "{"}[how%8]
		return cmmn.Set{Values: map[string]json.RawMessage{name: json.RawMessage(value)}}
	case 1:
		return cmmn.Advance{To: c.Now().Add(time.Duration(how) * time.Minute)}
	case 2:
		return cmmn.Plan{Item: discretionary, In: number}
	case 3:
		return cmmn.Unplan{Item: discretionary, In: number}
	case 4:
		return cmmn.Adopt{}
	}
	return cmmn.Do{Number: number, Transition: cmmn.Transition(how % 20), Force: how > 200}
}
