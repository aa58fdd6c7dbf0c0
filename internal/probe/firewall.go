package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// firewallLasts checks that the host keeps its firewall table by itself: now,
// when other programs change rules, and at the next start, with everything that
// loads rules then.
func firewallLasts(ctx context.Context, _ Vantage, target Target) Finding {
	state, err := firewallState(ctx, target)
	if err != nil {
		return blind(err.Error())
	}
	expected := fields("table", "kept, and loaded with the host")
	observed := fields("loaded at the next start, in order", wordOr(strings.Join(state.Next.Order, " "), "nothing"),
		"not tried", wordOr(strings.Join(state.Next.Untried, " "), "none"), "last loaded again", wordOr(state.Next.LoadedAgain, "never in this boot"))
	wrong := slices.Clone(state.Next.Trouble)
	if why := whoFlushed(state); len(wrong) > 0 && why != "" {
		wrong = append(wrong, why)
	}
	return judged(expected, observed, wrong...)
}

func firewallState(ctx context.Context, target Target) (wire.FirewallState, error) {
	var state wire.FirewallState
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "firewall-state"})
	if err != nil || reply.Failure != nil {
		return state, fmt.Errorf("cannot read the state of the host's firewall: %s", readError(err, reply))
	}
	return state, wire.Decode(reply.Output, &state)
}

// whoFlushed names the programs on the host that delete the rules of others,
// with when they last started.
func whoFlushed(state wire.FirewallState) string {
	var who []string
	for _, l := range state.Loaders {
		if l.Flushes == "" {
			continue
		}
		word := l.Unit + " flushes all rules (" + l.Flushes + ")"
		if !l.Since.IsZero() {
			word += " and was last started at " + l.Since.UTC().Format(time.RFC3339)
		}
		who = append(who, word)
	}
	return strings.Join(who, "; ")
}

// explained adds to a refuted firewall look what the host knows about the
// reason.
func explained(look func(context.Context, Vantage, Target) Finding) func(context.Context, Vantage, Target) Finding {
	return func(ctx context.Context, from Vantage, target Target) Finding {
		found := look(ctx, from, target)
		if found.Outcome != evidence.Refuted {
			return found
		}
		if state, err := firewallState(ctx, target); err == nil {
			reasons := append([]string{found.Reason}, state.Next.Trouble...)
			if why := whoFlushed(state); why != "" && len(state.Next.Trouble) > 0 {
				reasons = append(reasons, why)
			}
			found.Reason = strings.Join(reasons, "; ")
		}
		return found
	}
}

// alsoFiltered names the host's other packet filters, for a declared port that
// stays silent.
func alsoFiltered(ctx context.Context, target Target) string {
	state, err := firewallState(ctx, target)
	if err != nil || len(state.Filters) == 0 {
		return ""
	}
	var names []string
	for _, f := range state.Filters {
		// ufw has one table for each family.
		if name := wordOr(f.Owner, "the table "+f.Table); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return ": " + strings.Join(names, " and ") + " filters on the host too"
}
