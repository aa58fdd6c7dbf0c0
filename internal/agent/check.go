package agent

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// checksPerCPU is more than one because checks mostly wait for programs.
const checksPerCPU = 2

// check checks all resources of the request, several at a time. The rest of the
// request is answered at the same time.
func (s *session) check(ctx context.Context, request wire.CheckRequest) wire.CheckReply {
	s = &session{Agent: s.remembering(), login: s.login}
	reply := wire.CheckReply{Results: make([]wire.Checked, len(request.Resources))}
	slots := make(chan struct{}, checksPerCPU*runtime.NumCPU())
	var wait sync.WaitGroup
	for i, spec := range request.Resources {
		slots <- struct{}{}
		wait.Go(func() {
			reply.Results[i] = s.checkOne(ctx, spec)
			<-slots
		})
	}
	if request.Survey {
		survey := s.survey(ctx, request.Resources)
		reply.Survey = &survey
	}
	wait.Wait()
	return reply
}

func (s *session) checkOne(ctx context.Context, spec resource.Spec) wire.Checked {
	r, err := resource.Decode(spec)
	if err != nil {
		return wire.Checked{Failure: failureOf(problem.Wrap(problem.ResourceBad, "", fmt.Sprintf("a %s cannot be understood", spec.Kind), err))}
	}
	diff, err := r.Check(ctx, s.System)
	if err != nil {
		return wire.Checked{Failure: failureOf(problem.Wrap(problem.ResourceFailed, "", fmt.Sprintf("%s %s cannot be looked at", r.Kind(), r.Key()), err))}
	}
	return wire.Checked{Diff: diff}
}
