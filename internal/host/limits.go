package host

import (
	"cmp"
	"time"

	"cairn/internal/wire"
)

// Limits are how long the other side may take, so that no wait on a machine that
// is gone goes on for ever. A zero one is the usual.
type Limits struct {
	Dial   time.Duration // a TCP connection
	Login  time.Duration // a whole login: a slow single-board computer needs seconds for one
	Hello  time.Duration // starting an agent
	Upload time.Duration // taking one: two megabytes over a slow link
	Answer time.Duration // an answer of the agent: it mostly waits for programs that it starts
	Leave  time.Duration // an orderly end of a session, before the connection is simply closed
	// Heartbeat tells a silent connection from a dead one.
	Heartbeat wire.Heartbeat
}

// usualLimits are the ones for a home network. An answer to a purge may take what
// putting two guarded changes back does.
var usualLimits = Limits{
	Dial: 10 * time.Second, Login: 30 * time.Second, Hello: 30 * time.Second, Upload: 3 * time.Minute,
	Answer: 5 * time.Minute, Leave: 2 * time.Second, Heartbeat: wire.DefaultHeartbeat,
}

func (l Limits) orUsual() Limits {
	return Limits{
		Dial: cmp.Or(l.Dial, usualLimits.Dial), Login: cmp.Or(l.Login, usualLimits.Login), Hello: cmp.Or(l.Hello, usualLimits.Hello),
		Upload: cmp.Or(l.Upload, usualLimits.Upload), Answer: cmp.Or(l.Answer, usualLimits.Answer), Leave: cmp.Or(l.Leave, usualLimits.Leave),
		Heartbeat: cmp.Or(l.Heartbeat, usualLimits.Heartbeat),
	}
}
