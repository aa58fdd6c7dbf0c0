package host

import (
	"cmp"
	"time"

	"cairn/internal/wire"
)

// Limits are how long the other side may take, so that no wait for a dead machine
// is endless. A zero field means the usual limit.
type Limits struct {
	Dial   time.Duration // a TCP connection
	Login  time.Duration // a whole login; a slow single-board computer needs seconds
	Hello  time.Duration // starting an agent
	Upload time.Duration // uploading an agent: two megabytes over a slow link
	Answer time.Duration // an answer of the agent, which mostly waits for programs
	Leave  time.Duration // an orderly end of a session; after that the connection is closed
	// Heartbeat tells a silent connection from a dead one.
	Heartbeat wire.Heartbeat
}

// usualLimits suit a home network. Answer allows for a purge, which may have to put
// two guarded changes back.
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
