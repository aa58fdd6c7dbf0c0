package probe

import "context"

// Taking adapts a look that has arguments. They are decoded into T, which is
// what the probe needs to know about its subject. If they do not fit, the look
// is unproven.
func Taking[T any](look func(ctx context.Context, from Vantage, target Target, arguments T) Finding) func(context.Context, Vantage, Target) Finding {
	return func(ctx context.Context, from Vantage, target Target) Finding {
		var arguments T
		if err := target.Arguments.Into(&arguments); err != nil {
			return blind(err.Error())
		}
		return look(ctx, from, target, arguments)
	}
}
