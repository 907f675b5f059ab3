package virtioconsole

import (
	"io"
	"sync"
)

// spoolSize is what is kept for a backend that is slow: more than a kernel says in one breath.
const spoolSize = 256 << 10

// A spool takes bytes without waiting, and drops what is too much.
type spool struct {
	mu    sync.Mutex
	b     []byte
	ready chan struct{} // has room for one
	end   chan struct{} // closed when nothing more will come
}

func newSpool() *spool { return &spool{ready: make(chan struct{}, 1), end: make(chan struct{})} }

// Write never waits, and says that it took all.
func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = append(s.b, p[:min(len(p), spoolSize-len(s.b))]...)
	select {
	case s.ready <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (s *spool) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.b
	s.b = nil
	return b
}

// empty moves all to w, until the end.
func (s *spool) empty(w io.Writer) {
	for over := false; !over; {
		select {
		case <-s.ready:
		case <-s.end:
			over = true
		}
		if _, err := w.Write(s.take()); err != nil {
			return
		}
	}
}
