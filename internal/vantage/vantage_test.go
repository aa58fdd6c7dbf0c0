package vantage

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"cairn/internal/wire"
)

func TestScanFindsWhatListensAndNothingElse(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
		if err != nil {
			t.Skip("no such family here: ", err)
		}
		defer func() { _ = l.Close() }()
		port := netip.MustParseAddrPort(l.Addr().String()).Port()
		first, last := port-min(port-1, 200), port+min(65535-port, 200)
		reply, err := newScanner().Scan(context.Background(), wire.ScanRequest{Address: address, First: first, Last: last, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(reply.Open, port) {
			t.Errorf("%s: port %d is open and not in %v", address, port, reply.Open)
		}
		if total := len(reply.Open) + reply.Refused + reply.Silent + reply.Errors; total != int(last-first)+1 {
			t.Errorf("%s: %d of %d ports were counted", address, total, int(last-first)+1)
		}
	}
}

// A port that answers once and never again looks like a machine that scans this
// one at the same time. Here it is a listener with room for one connection in its
// queue, and nobody accepts it (listen(2)).
func TestScanDoesNotTakeAMeetingForAPort(t *testing.T) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(socket) }()
	if err := errors.Join(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(socket, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(name.(*syscall.SockaddrInet4).Port)
	reply, err := newScanner().Scan(t.Context(), wire.ScanRequest{Address: "127.0.0.1", First: port, Last: port, Timeout: 200 * time.Millisecond})
	if err != nil || len(reply.Open) != 0 || reply.Silent != 1 {
		t.Errorf("%+v, %v", reply, err)
	}
}

func TestScanOfNothingIsAnError(t *testing.T) {
	for _, r := range []wire.ScanRequest{{Address: "127.0.0.1"}, {Address: "atlas", First: 1, Last: 2}, {Address: "127.0.0.1", First: 5, Last: 4}} {
		if _, err := newScanner().Scan(context.Background(), r); err == nil {
			t.Errorf("Scan(%v) worked", r)
		}
	}
}

func TestDatagram(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buffer := make([]byte, 100)
		n, from, err := conn.ReadFrom(buffer)
		if err == nil {
			_, _ = conn.WriteTo(append([]byte("re: "), buffer[:n]...), from)
		}
	}()
	request := wire.DatagramRequest{Address: conn.LocalAddr().String(), Payload: []byte("nonce"), Timeout: 5 * time.Second}
	reply, err := Datagram(context.Background(), request)
	if err != nil || string(reply.Payload) != "re: nonce" {
		t.Errorf("%q, %v", reply.Payload, err)
	}
	_ = conn.Close()
	request.Timeout = 50 * time.Millisecond
	if reply, err := Datagram(context.Background(), request); err != nil || len(reply.Payload) != 0 {
		t.Errorf("after the end: %q, %v", reply.Payload, err)
	}
}

// TestScanTellsHowFarItIs checks the progress of a scan, each second, in percent
// of the ports tried.
func TestScanTellsHowFarItIs(t *testing.T) {
	var told []int
	ctx := Telling(t.Context(), func(percent int) { told = append(told, percent) })
	if _, err := newScanner().Scan(ctx, wire.ScanRequest{Address: "127.0.0.1", First: 1, Last: 25_000, Timeout: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if len(told) == 0 || !slices.IsSorted(told) || told[0] <= 0 || told[len(told)-1] > 100 {
		t.Errorf("it told %v", told)
	}
}
