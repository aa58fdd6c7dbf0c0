package guard

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
)

// ErrTooLate answers a signal to a guard that no longer waits for it.
var ErrTooLate = errors.New("the guard no longer waits for that")

// ErrNonce answers a confirmation with the wrong nonce.
var ErrNonce = errors.New("the confirmation has the wrong nonce")

// Proceed lets a prepared guard begin. It may be repeated.
func Proceed(ctx context.Context, dir string) error {
	_, err := transition(ctx, dir, func(s State) (State, error) {
		switch s.Phase {
		case Proceeding:
			return s, nil
		case Prepared:
			s.Phase = Proceeding
			return s, nil
		}
		return s, tooLate(s)
	})
	return err
}

// Confirm makes the change stay. The controller calls it over a connection that was
// made after the change. Once it has returned nil, neither the timer nor a restart
// undoes the change. It may be repeated.
func Confirm(ctx context.Context, dir, nonce string) error {
	_, err := transition(ctx, dir, func(s State) (State, error) {
		switch {
		case subtle.ConstantTimeCompare([]byte(sum(nonce)), []byte(s.NonceSum)) == 0:
			return s, ErrNonce
		case s.Phase == Confirmed || s.Phase == Persisted:
			return s, nil
		case s.Phase != Settled:
			return s, tooLate(s)
		}
		s.Phase = Confirmed
		return s, nil
	})
	return err
}

// Abort abandons the change. If nothing was changed yet, the change is refused.
// Otherwise the guard's process restores the host, or the alarm if there is no such
// process.
func Abort(ctx context.Context, dir, reason string) error {
	_, err := transition(ctx, dir, func(s State) (State, error) {
		switch {
		case s.Phase == Prepared || s.Phase == Proceeding:
			s.Phase = Refused
		case s.Phase == Armed || s.Phase == Settled:
			s.Phase = RollingBack
		case s.Phase == RollingBack:
			return s, nil
		default:
			return s, tooLate(s)
		}
		s.Reason = reason
		return s, nil
	})
	return err
}

func tooLate(s State) error {
	if s.Reason == "" {
		return fmt.Errorf("%w: it is %q", ErrTooLate, s.Phase)
	}
	return fmt.Errorf("%w: it is %q, because %s", ErrTooLate, s.Phase, s.Reason)
}
