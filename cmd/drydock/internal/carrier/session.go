package carrier

import (
	"os"
	"sync"
)

// A session is the port for the time of one conversation. What a goroutine of that conversation writes later would be taken for
// a part of the next, so it gets an error.
type session struct {
	carrier *Carrier

	mu   sync.Mutex
	over bool
}

func (s *session) Read(p []byte) (int, error) { return s.carrier.in.Read(p) }

func (s *session) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, os.ErrClosed
	}
	return s.carrier.port.Write(p)
}

// Close ends the port, and so the carrier; only a broken conversation does that.
func (s *session) Close() error { return s.carrier.port.Close() }

func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}
