package virtio

import (
	"context"
	"errors"
	"sync"
)

// A Session is one life of a device, from DRIVER_OK to reset. Its state dies with it: a reset can forget nothing.
//
// Each queue has a life of its own inside it, because a driver may enable a queue late, reset one queue
// (VIRTIO_F_RING_RESET, 2.6.1) and enable it again. A device registers what it does with a queue by Serve, and the
// session runs that whenever the queue is enabled.
//
// A transport owns it: it makes one when the driver sets DRIVER_OK, enables the queues, starts
//
//	go func() { done <- dev.Run(ctx, s) }()
//
// enables and disables queues as the driver asks, and at reset cancels ctx and waits for Run to return.
type Session struct {
	// Features is what the driver accepted, legacy-only bits included.
	Features Features
	// Legacy is true if the driver uses the legacy interface (2.2.3): no VERSION_1 was accepted.
	Legacy bool

	configChanged func()

	mu    sync.Mutex
	ctx   context.Context    // of Wait, while functions may start: nil before it and at its end
	fail  context.CancelFunc // ends ctx when a served function fails
	err   error              // the first failure
	lives map[int]*life

	running sync.WaitGroup // of served functions; grows only under mu while ctx is set
}

// A life is what a session knows of one queue number.
type life struct {
	queue  *Queue // nil while disabled
	serve  func(ctx context.Context, q *Queue) error
	cancel context.CancelFunc // ends the running function
	done   chan struct{}      // closed when it has returned; nil if none was started for this queue
}

// NewSession makes a session without queues. configChanged, if not nil, sends the configuration change notification; it
// must not block, and any goroutine may call it.
func NewSession(features Features, legacy bool, configChanged func()) *Session {
	return &Session{Features: features, Legacy: legacy, configChanged: configChanged, lives: make(map[int]*life)}
}

// Queue returns queue i if the driver has enabled it, else nil. Any goroutine may call it.
func (s *Session) Queue(i int) *Queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.lives[i]; l != nil {
		return l.queue
	}
	return nil
}

// Serve runs f in a goroutine of its own each time queue i is enabled, until the queue is reset or the session ends;
// then ctx of f is done and f must return soon. Call it from Device.Run only, before Wait: f first starts when Wait is
// called, because ctx descends from Wait's.
//
// Once ctx of f is done the queue's KickFD is readable and stays so: a poll(2) on it wakes.
func (s *Session) Serve(i int, f func(ctx context.Context, q *Queue) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life(i).serve = f
}

// Wait blocks until ctx is done and every function given to Serve has returned, or until one of them fails; it returns
// the first error that is not a context's. A function that fails ends the others, and Wait returns after the last of
// them. Device.Run ends with it.
func (s *Session) Wait(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.begin(ctx, cancel)
	<-ctx.Done()
	return s.end()
}

// Enable gives the session queue i, and starts its function if the device serves it. A queue that is still enabled under
// this number is disabled first. Only the transport calls it, from one goroutine at a time.
func (s *Session) Enable(i int, q *Queue) {
	s.Disable(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.life(i)
	l.queue = q
	s.start(l)
}

// Disable takes queue i away; when it returns, so has the queue's function, and the device no longer touches the ring
// (2.6.1.1.1). Nothing happens if the queue is not enabled. Only the transport calls it, never a served function.
func (s *Session) Disable(i int) {
	s.mu.Lock()
	l := s.life(i)
	cancel, done := l.cancel, l.done
	l.queue, l.cancel, l.done = nil, nil, nil
	s.mu.Unlock()
	if done != nil {
		cancel()
		<-done
	}
}

// ConfigChanged sends a configuration change notification (2.3): the ISR's configuration bit and its interrupt.
func (s *Session) ConfigChanged() {
	if s.configChanged != nil {
		s.configChanged()
	}
}

// life returns the entry of queue i. The caller holds mu.
func (s *Session) life(i int) *life {
	l := s.lives[i]
	if l == nil {
		l = new(life)
		s.lives[i] = l
	}
	return l
}

// begin starts what was enabled before Wait.
func (s *Session) begin(ctx context.Context, fail context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.fail = ctx, fail
	for _, l := range s.lives {
		s.start(l)
	}
}

// end lets no further function start, waits for those that run, and returns the first failure.
func (s *Session) end() error {
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.running.Wait()
	return s.err
}

// start runs l's function if there is one, its queue is enabled, and Wait is on. The caller holds mu.
func (s *Session) start(l *life) {
	if l.serve == nil || l.queue == nil || s.ctx == nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	serve, queue, done := l.serve, l.queue, make(chan struct{})
	l.cancel, l.done = cancel, done
	s.running.Go(func() {
		defer close(done)
		defer cancel()
		s.failed(queue.kick.during(ctx, func() error { return serve(ctx, queue) }))
	})
}

// failed keeps the first failure and ends all functions. That a context ended is none.
func (s *Session) failed(err error) {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.fail()
}
