package virtioconsole

import (
	"context"
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
)

// A slot is a port number while one driver uses the device: its two queues, and the port that is there, if one is.
type slot struct {
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

// transmit discards what is sent where there is no port, as QEMU does: a driver waits for its buffers.
func (s *slot) transmit(ctx context.Context, q *virtio.Queue) error {
	return s.serve(ctx, func(now context.Context, pl *portLife) error {
		if pl == nil {
			return vacant(now, q, func(c *virtio.Chain) error { return s.late(ctx, c) })
		}
		return pl.transmit(now, q)
	})
}

// late takes a chain of the vacant queue: a port that has come since may have been what it was sent to.
func (s *slot) late(ctx context.Context, c *virtio.Chain) error {
	pl, _ := s.state()
	if pl == nil {
		return nil
	}
	return pl.offer(ctx, c)
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
