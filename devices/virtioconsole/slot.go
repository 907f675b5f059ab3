package virtioconsole

import (
	"context"
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
)

// A slot is a port number while one driver uses the device: its two queues, and the port that is there, if one is.
type slot struct {
	number int

	mu      sync.Mutex
	port    *portLife     // nil: there is none
	changed chan struct{} // closed when port changes, and replaced
}

func (s *slot) set(pl *portLife) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.port = pl
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *slot) state() (*portLife, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.port, s.changed
}

func (s *slot) receive(ctx context.Context, q *virtio.Queue) error {
	return s.serve(ctx, func(ctx context.Context, pl *portLife) error {
		if pl == nil {
			<-ctx.Done()
			return nil
		}
		return pl.receive(ctx, q)
	})
}

// transmit discards what is sent where there is no port, as QEMU does: at least for number 0, which a driver takes for a console
// that is there, and waits for. For each of the others that would be a thread that waits for what no driver does.
func (s *slot) transmit(ctx context.Context, q *virtio.Queue) error {
	return s.serve(ctx, func(ctx context.Context, pl *portLife) error {
		switch {
		case pl != nil:
			return pl.transmit(ctx, q)
		case s.number == 0:
			return drain(ctx, q, discard)
		}
		if err := leftovers(q); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}

// serve calls f with the port that is there, or nil, again whenever that changes. f returns when its ctx is done.
func (s *slot) serve(ctx context.Context, f func(context.Context, *portLife) error) error {
	for ctx.Err() == nil {
		pl, changed := s.state()
		now, cancel := context.WithCancel(ctx)
		watch := make(chan struct{})
		go func() {
			defer close(watch)
			select {
			case <-changed:
				cancel()
			case <-now.Done():
			}
		}()
		err := f(now, pl)
		over := now.Err() != nil
		cancel()
		<-watch
		if err != nil && !over {
			return err
		}
	}
	return ctx.Err()
}

func discard(*virtio.Chain) error { return nil }

// leftovers uses what a port that is gone has not.
func leftovers(q *virtio.Queue) error {
	for {
		c, err := q.Pop()
		if c == nil || err != nil {
			return err
		}
		use(q, c, 0)
	}
}
