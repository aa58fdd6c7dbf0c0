package journal

import (
	"container/heap"
	"context"
	"database/sql"
)

// stream is a sequence of events in the order of their positions.
type stream interface {
	// position is the current event's. Before the first next it is at most the
	// first event's.
	position() int64
	ready() bool // whether there is a current event
	event() Event
	next() (bool, error)
	close()
}

// streams are a heap (container/heap). The stream with the lowest position is
// first.
type streams []stream

func (s streams) Len() int           { return len(s) }
func (s streams) Less(i, j int) bool { return s[i].position() < s[j].position() }
func (s streams) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *streams) Push(x any)        { *s = append(*s, x.(stream)) }
func (s *streams) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// merge calls do with the events of all streams after a position. It calls it
// once for each position.
func merge(ctx context.Context, after int64, do func(int64, Event) error, all streams) error {
	defer func() {
		for _, s := range all {
			s.close()
		}
	}()
	heap.Init(&all)
	for len(all) > 0 && ctx.Err() == nil {
		first := all[0]
		if first.ready() && first.position() > after {
			after = first.position()
			if err := do(after, first.event()); err != nil {
				return err
			}
		}
		more, err := first.next()
		switch {
		case err != nil:
			return err
		case more:
			heap.Fix(&all, 0)
		default:
			heap.Pop(&all)
			first.close()
		}
	}
	return ctx.Err()
}

// rowStream is the result of a query as a stream.
type rowStream struct {
	path    string
	rows    *sql.Rows
	at      int64
	current Event
}

func (s *rowStream) position() int64 { return s.at }
func (s *rowStream) ready() bool     { return s.at > 0 }
func (s *rowStream) event() Event    { return s.current }
func (s *rowStream) close()          { _ = s.rows.Close() }

func (s *rowStream) next() (more bool, err error) {
	if !s.rows.Next() {
		if err := s.rows.Err(); err != nil {
			return false, trouble(s.path, err)
		}
		return false, nil
	}
	if s.at, s.current, err = scan(s.rows); err != nil {
		return false, trouble(s.path, err)
	}
	return true, nil
}
