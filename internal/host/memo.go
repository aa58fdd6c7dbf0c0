package host

import "sync"

// memo finds out each value once, also for callers that ask at the same time. Its
// zero value is ready for use.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]func() (V, error)
}

// get returns the remembered answer, error included, or finds it.
func (m *memo[K, V]) get(key K, find func() (V, error)) (V, error) {
	m.mu.Lock()
	if m.known == nil {
		m.known = map[K]func() (V, error){}
	}
	answer, known := m.known[key]
	if !known {
		answer = sync.OnceValues(find)
		m.known[key] = answer
	}
	m.mu.Unlock()
	return answer()
}
