package resource

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"cairn/internal/system"

	"github.com/fxamacker/cbor/v2"
)

// crashVariable lets this test program bring a resource about and kill itself at a
// point. Its value is "<number> <root> <the resource in hexadecimal CBOR>".
const crashVariable = "CAIRN_TEST_CRASH"

// TestMain lets the test program play its own victim.
func TestMain(m *testing.M) {
	if order := os.Getenv(crashVariable); order != "" {
		if err := crashing(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crash has another process bring the example about, and kills it at the nth
// point, as a power cut would. where describes the point for people. crashed is
// false if there are fewer points.
func (b *bench) crash(t testing.TB, e example, n int) (where string, crashed bool) {
	t.Helper()
	spec, err := Encode(e.desired)
	ok(t, err)
	body, err := cbor.Marshal(spec)
	ok(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s %x", crashVariable, n, b.sys.Root, body))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err = cmd.Run()
	status, _ := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err != nil && status.Signal() != syscall.SIGKILL {
		t.Fatalf("the process was not killed; it ended with %v: %s", err, stderr.String())
	}
	return fmt.Sprintf("%d, %s", n, strings.TrimSpace(stderr.String())), err != nil
}

func crashing(order string) error {
	fields := strings.Fields(order)
	at, err := strconv.Atoi(fields[0])
	if err != nil {
		return err
	}
	body, err := hex.DecodeString(fields[2])
	if err != nil {
		return err
	}
	var spec Spec
	if err := cbor.Unmarshal(body, &spec); err != nil {
		return err
	}
	r, err := Decode(spec)
	if err != nil {
		return err
	}
	point := func(name string) {
		if at--; at == 0 {
			fmt.Fprintln(os.Stderr, name)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	return bringAboutUntil(&system.System{Root: fields[1], Runner: &witness{runs: system.NewLocal().Runner, around: point}, At: point}, r)
}

func bringAboutUntil(sys *system.System, r Resource) error {
	ctx := context.Background()
	if _, err := Converge(ctx, sys, r, ""); err != nil {
		return err
	}
	if g, guarded := r.(Guardable); guarded {
		return g.Persist(ctx, sys)
	}
	return nil
}
