package qmp

import (
	"sync"
	"time"
)

// A Server answers any number of clients about one machine. Commands are carried out one after the other, whoever gives them.
type Server struct {
	version  Version
	commands map[string]command
	now      func() time.Time
	limits   throttle

	mu           sync.Mutex // held over a command and the sending of its answer
	consequences []Event    // of the command under way

	clients struct { // its own lock: events come in the middle of commands
		sync.Mutex
		all    map[*session]bool
		closed bool
	}
}

// New makes a server without clients.
func New(c Config) *Server {
	s := &Server{version: c.Version, commands: table(&c), now: time.Now, limits: newThrottle()}
	s.clients.all = map[*session]bool{}
	return s
}

// An Event is what clients are told unasked. Data is what encoding/json makes of it; nil: none.
type Event struct {
	Name string
	Data any

	// Limit, if not empty, is a name under which at most one event is sent in a second; what it says is the latest.
	Limit string
}

// message is an event on its way.
type message struct {
	Timestamp stamp  `json:"timestamp"`
	Event     string `json:"event"`
	Data      any    `json:"data,omitempty"`
}

type stamp struct {
	Seconds      int64 `json:"seconds"`
	Microseconds int64 `json:"microseconds"`
}

// Emit sends an event to all clients that have negotiated. It does not block; any goroutine may call it.
func (s *Server) Emit(e Event) {
	if e.Limit == "" || !s.limits.hold(e, s.send) {
		s.send(e)
	}
}

// EmitAfter is Emit for what the command under way has done, for the goroutine that carries it out: the event follows the answer.
func (s *Server) EmitAfter(e Event) { s.consequences = append(s.consequences, e) }

// emitConsequences sends what waited for an answer. The caller holds mu.
func (s *Server) emitConsequences() {
	for _, e := range s.consequences {
		s.Emit(e)
	}
	s.consequences = nil
}

func (s *Server) send(e Event) {
	now := s.now()
	text := encode(message{stamp{now.Unix(), int64(now.Nanosecond()) / 1000}, e.Name, e.Data})
	s.clients.Lock()
	defer s.clients.Unlock()
	for c := range s.clients.all {
		if c.negotiated.Load() {
			c.out.Put(text)
		}
	}
}

// Close ends the conversations when what was to be said is said, and lets no other begin.
func (s *Server) Close() {
	s.mu.Lock() // an answer that is due is sent
	defer s.mu.Unlock()
	s.clients.Lock()
	s.clients.closed = true
	var all []*session
	for c := range s.clients.all {
		all = append(all, c)
	}
	s.clients.Unlock()
	for _, c := range all {
		c.hangUp()
	}
}

// add reports whether a client may begin.
func (s *Server) add(c *session) bool {
	s.clients.Lock()
	defer s.clients.Unlock()
	if s.clients.closed {
		return false
	}
	s.clients.all[c] = true
	return true
}

func (s *Server) remove(c *session) {
	s.clients.Lock()
	defer s.clients.Unlock()
	delete(s.clients.all, c)
}
