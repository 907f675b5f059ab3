package virtioblk

import (
	"context"

	"github.com/drydock-vmm/drydock/virtio"
)

// A server serves one queue. One goroutine takes requests from the ring and gives them back; workers do them in between.
type server struct {
	*Device
	*counters
	q     *virtio.Queue
	bell  bell
	pool  pool
	spare []*request
	whole bool // no rule was broken: the ring may be used
}

// serve is the life of one queue.
func (d *Device) serve(ctx context.Context, q *virtio.Queue) error {
	s := &server{Device: d, counters: &d.queues[q.Index()], q: q, whole: true}
	if err := s.bell.open(); err != nil {
		return err
	}
	defer s.bell.close()
	s.pool.open(q.Size(), s.work, &s.bell)
	s.watch(q)
	defer s.unwatch()
	defer s.stop()
	return s.run(ctx)
}

func (s *server) run(ctx context.Context) error {
	s.q.DisableKicks()
	for ctx.Err() == nil {
		c, err := s.q.Pop()
		if err == nil && c != nil {
			err = s.start(c)
		}
		switch {
		case err != nil:
			s.whole = false
			return err
		case c == nil:
			s.idle()
		}
		s.collect()
	}
	return ctx.Err()
}

// start takes up one chain. A request that the disk has no part in is done at once.
func (s *server) start(c *virtio.Chain) error {
	r := s.blank()
	if err := r.take(c, s.q.Index()); err != nil {
		return err
	}
	work, err := s.plan(r, s.q.Index())
	if err != nil {
		return err
	}
	if work && !s.cached(r) {
		s.pool.submit(r)
		return nil
	}
	s.refuse(r)
	s.finished(r)
	return nil
}

// blank is a request to decode into. There are never more than the queue has entries.
func (s *server) blank() *request {
	if n := len(s.spare); n > 0 {
		r := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return r
	}
	return new(request)
}

// collect takes what the workers have done.
func (s *server) collect() {
	for r := s.pool.poll(); r != nil; r = s.pool.poll() {
		s.settle(r)
		s.finished(r)
	}
}

// finished gives a request back to the driver. It does so in any order: if the driver wants its own, the queue sees to that.
func (s *server) finished(r *request) {
	if s.whole {
		r.finish(s.q)
	}
	s.spare = append(s.spare, r)
}

// idle tells the driver what was done, and waits for it or for a worker.
func (s *server) idle() {
	s.pool.yield()
	s.collect()
	s.tell()
	if !s.q.EnableKicks() && s.bell.wait(s.q.KickFD(), &s.pool) {
		s.q.Drain()
	}
	s.q.DisableKicks()
}

func (s *server) tell() {
	s.q.Publish()
	s.q.Notify()
}

// stop waits for the requests that are under way, since they use guest memory, and gives them back: a driver that resets one
// queue of several reads the ring afterwards (2.6.1).
func (s *server) stop() {
	s.pool.close()
	s.collect()
	s.tell()
}
