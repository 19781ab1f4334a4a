package world

import (
	"bytes"
	"sync"
)

// Said is what a process writes, to be read while it writes more.
type Said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to what was said.
func (s *Said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String is all that was said so far.
func (s *Said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
