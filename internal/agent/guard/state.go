package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cairn/internal/system"
)

// Phase is how far a guard has come.
type Phase string

// The phases. Before Armed nothing was changed. Refused, Persisted, RolledBack and
// Stuck are final.
const (
	None        Phase = ""
	Prepared    Phase = "prepared"     // saved and rehearsed; may wait for the trial login
	Proceeding  Phase = "proceeding"   // the trial login worked
	Refused     Phase = "refused"      // given up before anything was changed
	Armed       Phase = "armed"        // the alarm may be armed, and changes may have begun
	Settled     Phase = "settled"      // changed; waits for the confirmation
	Confirmed   Phase = "confirmed"    // the change stays
	Persisted   Phase = "persisted"    // and is permanent
	RollingBack Phase = "rolling-back" // putting everything back
	RolledBack  Phase = "rolled-back"  // as before, verified
	Stuck       Phase = "stuck"        // putting back left differences
)

// Over reports whether the phase is final.
func (p Phase) Over() bool {
	return p == Refused || p == Persisted || p == RolledBack || p == Stuck
}

// untouched reports whether nothing was changed yet and no alarm is armed.
func (p Phase) untouched() bool { return p == None || p == Prepared || p == Proceeding }

// changed reports whether the host may differ from its old state without a
// confirmation.
func (p Phase) changed() bool { return p == Armed || p == Settled || p == RollingBack }

// needsNothing reports whether a guard's saved files are no longer needed, provided
// that no process carries it out.
func (p Phase) needsNothing() bool { return p.untouched() || p.Over() && p != Stuck }

// State is the state of a guard, as stored in its directory.
type State struct {
	Phase    Phase     `json:"phase"`
	Reason   string    `json:"reason,omitempty"`    // why it was refused or rolled back
	Deadline time.Time `json:"deadline,omitzero"`   // the deadline of the confirmation
	NonceSum string    `json:"nonce_sum,omitempty"` // SHA-256 of the nonce, so that the file cannot confirm
	Boot     string    `json:"boot,omitempty"`      // the boot in which it was armed
}

const stateFile = "state.json"

// Read returns the stored state. If the directory does not exist, it returns the
// zero State.
func Read(dir string) (State, error) {
	body, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(body, &s); err != nil {
		return State{}, fmt.Errorf("%s: %w", filepath.Join(dir, stateFile), err)
	}
	return s, nil
}

// transition replaces the state, under the lock, by the result of change, and
// returns it. The state changes only here and in code that holds the lock itself.
func transition(ctx context.Context, dir string, change func(State) (State, error)) (State, error) {
	release, err := lock(ctx, dir)
	if err != nil {
		return State{}, err
	}
	defer release()
	before, err := Read(dir)
	if err != nil {
		return before, err
	}
	after, err := change(before)
	if err != nil || after == before {
		return before, err
	}
	return after, writeState(dir, after)
}

func writeState(dir string, s State) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return system.ReplaceFile(filepath.Join(dir, stateFile), append(body, '\n'), 0o600)
}

func sum(nonce string) string {
	digest := sha256.Sum256([]byte(nonce))
	return hex.EncodeToString(digest[:])
}
