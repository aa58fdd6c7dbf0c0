package probe

import "context"

// Taking is how a probe looks that has arguments: they are read into T, which is
// what the probe needs to know of its subject. Arguments that do not fit leave it
// unproven.
func Taking[T any](look func(ctx context.Context, from Vantage, target Target, arguments T) Finding) func(context.Context, Vantage, Target) Finding {
	return func(ctx context.Context, from Vantage, target Target) Finding {
		var arguments T
		if err := target.Arguments.Into(&arguments); err != nil {
			return blind(err.Error())
		}
		return look(ctx, from, target, arguments)
	}
}
