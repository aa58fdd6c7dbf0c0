package agent

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// maxLogLines limits how many lines of each container one answer has.
const maxLogLines = 10000

// serviceLog reads what the containers of a service said. Only the host knows its
// secrets, so it takes them out.
func (s *session) serviceLog(ctx context.Context, args []string) wire.ReadReply {
	request, err := logRequest(args)
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	log, err := resource.ReadServiceLog(ctx, s.System, request)
	if err != nil && problem.CodeOf(err) == "" {
		err = problem.Wrap(problem.ResourceFailed, "", "the log of "+request.Service+" could not be read", err)
	}
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	body, err := wire.Encode(log)
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	return wire.ReadReply{Output: body}
}

// logRequest parses the arguments: service, container, lines, and the time since when.
// Container and time may be empty.
func logRequest(args []string) (r resource.LogRequest, err error) {
	if len(args) != 4 || !plainWord.MatchString(args[0]) || args[1] != "" && !plainWord.MatchString(args[1]) {
		return r, fmt.Errorf("%q do not say which lines to read", args)
	}
	r.Service, r.Container = args[0], args[1]
	if r.Lines, err = strconv.Atoi(args[2]); err != nil || r.Lines < 1 || r.Lines > maxLogLines {
		return r, fmt.Errorf("%q is no number of lines", args[2])
	}
	if args[3] != "" {
		r.Since, err = time.Parse(time.RFC3339Nano, args[3])
	}
	return r, err
}
