package agent

import (
	"net"
	"testing"
	"time"

	"cairn/internal/wire"
)

// TestAScanTellsHowFarItIs checks that a scan reports its progress before its
// result.
func TestAScanTellsHowFarItIs(t *testing.T) {
	here, there := net.Pipe()
	controller, host := wire.NewMux(here, wire.ControllerSide, wire.DefaultHeartbeat), wire.NewMux(there, wire.AgentSide, wire.DefaultHeartbeat)
	defer func() { _, _ = controller.Close(), host.Close() }()
	go func() {
		if stream, err := host.Accept(t.Context()); err == nil {
			_ = scan(t.Context(), stream)
		}
	}()
	stream, err := controller.Open(t.Context(), wire.KindScan)
	if err == nil {
		err = stream.Send(t.Context(), wire.ScanRequest{Address: "127.0.0.1", First: 1, Last: 25_000, Timeout: 100 * time.Millisecond})
	}
	if err != nil {
		t.Fatal(err)
	}
	var news wire.ScanNews
	for told := 0; news.Reply == nil; told++ {
		news = wire.ScanNews{}
		if err := stream.Receive(t.Context(), &news); err != nil {
			t.Fatal(err)
		}
		if last := news.Reply != nil; last == (news.Percent > 0) || last && told == 0 {
			t.Errorf("after %d: %+v", told, news)
		}
	}
	if r := news.Reply; len(r.Open)+r.Refused+r.Silent != 25_000 {
		t.Errorf("it saw %+v", r)
	}
}
