package host

import "sync"

// memo remembers what was found out, so that it is found out once, also by those
// who ask at the same time. Its zero value is empty and ready for use.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]func() (V, error)
}

// get finds out, or remembers.
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
