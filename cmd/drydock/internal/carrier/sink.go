package carrier

import "io"

// A sink is where a job's output goes. When that takes no more, the job is stopped; until it has ended its output is dropped,
// because the conversation with the carrier's init must go on to its end.
type sink struct {
	w      io.Writer // nil drops
	broken func(cause error)
}

func (s *sink) Write(p []byte) (int, error) {
	if s.w == nil {
		return len(p), nil
	}
	if _, err := s.w.Write(p); err != nil {
		s.w = nil
		s.broken(err)
	}
	return len(p), nil
}
