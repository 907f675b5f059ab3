package virtionet

import (
	"context"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/virtio"
)

// A router serves the receive queues of all pairs for a driver that accepted RSS: a frame's pair is known when the frame is here, so
// that whoever reads a link must have all the queues. It is one goroutine, not of a queue but of the device's life; the functions
// that the session runs for the queues only lend them to it.
type router struct {
	*life
	waiter waiter
	turn   turn // of all receivers
	needs  []need
	busy   bool // somebody lacks nothing
}

// routerBurst is how many frames of a link go one after the other while others may have some, too.
const routerBurst = 64

// moment is how long a queue may be away, unless a test says otherwise, before its frames are dropped: longer than it takes to stop a machine's other queues.
const moment = 10 * time.Millisecond

// lend gives the router the queue of a port until ctx is done.
func (rt *router) lend(p *port) func(ctx context.Context, q *virtio.Queue) error {
	return func(ctx context.Context, q *virtio.Queue) error {
		p.watch(&rt.mu, q)
		defer p.unwatch(&rt.mu)
		broken := make(chan error, 1)
		q.DisableKicks()
		rt.put(p, q, broken)
		defer rt.put(p, nil, nil)
		select {
		case err := <-broken:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

func (rt *router) put(p *port, q *virtio.Queue, broken chan error) {
	rt.turn.take()
	p.notify()
	p.q, p.broken, p.absent = q, broken, false
	rt.turn.Unlock()
	rt.waiter.wake()
}

// start begins, and returns what ends the router again: it outlives the queues that it was lent.
func (rt *router) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		rt.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// run moves frames until ctx is done.
func (rt *router) run(ctx context.Context) {
	defer rt.waiter.follow(ctx)()
	for !rt.waiter.stopped.Load() {
		timeout := rt.round()
		if !rt.busy {
			rt.wakened(rt.waiter.sleep(timeout))
		}
	}
}

// round gives each receiver its turn, and prepares to sleep for no longer than the result.
func (rt *router) round() (timeout time.Duration) {
	rt.turn.Lock()
	defer rt.turn.Unlock()
	rt.busy = false
	for i, r := range rt.receivers {
		rt.needs[i] = rt.some(r)
		rt.busy = rt.busy || rt.needs[i] == nothing
	}
	for _, r := range rt.receivers { // one that has its frames does not wait for another's to end
		r.own.notify()
	}
	if rt.busy {
		return 0
	}
	return rt.prepare()
}

// some moves frames of one link until something is missing. It is nothing if there may be more, or if somebody wants the turn.
func (rt *router) some(r *receiver) (n need) {
	for range routerBurst {
		if rt.turn.wanted.Load() != 0 {
			return nothing
		}
		var err error
		if n, err = r.one(); err != nil {
			r.port.broken <- err
			r.port.q = nil
			return nothing
		}
		if n != nothing {
			return n
		}
	}
	return nothing
}

// prepare lists what is polled for.
func (rt *router) prepare() (timeout time.Duration) {
	timeout = -1
	rt.waiter.polled = rt.waiter.polled[:0]
	for i, r := range rt.receivers {
		fd, limit := rt.lacks(r, rt.needs[i])
		if fd >= 0 {
			rt.waiter.polled = append(rt.waiter.polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
		if limit >= 0 && (timeout < 0 || limit < timeout) {
			timeout = limit
		}
	}
	return timeout
}

// lacks is the descriptor that shows when a receiver can go on, or -1, and how long at most to wait for it.
func (rt *router) lacks(r *receiver, n need) (fd int, limit time.Duration) {
	switch n {
	case aFrame:
		return r.link.FD(), r.due()
	case buffers:
		if r.q.EnableKicks() {
			return -1, 0
		}
		return r.q.KickFD(), -1
	case aMoment:
		return -1, rt.cfg.absence
	case aPause:
		if r.failures++; r.failures >= failuresInARow {
			return -1, failurePause
		}
		return -1, 0
	}
	return -1, -1
}

// wakened looks at what came of the sleep.
func (rt *router) wakened(ready int) {
	rt.turn.Lock()
	defer rt.turn.Unlock()
	for i, r := range rt.receivers {
		switch {
		case rt.needs[i] == aMoment && ready == 0:
			r.absent = r.q == nil && rt.session.Queue(2*r.pair) == nil // or else it is about to be lent
		case rt.needs[i] == buffers && r.q != nil:
			r.q.Drain()
			r.q.DisableKicks()
		case rt.needs[i] == aFrame && rt.gone(r.link.FD()):
			r.end(io.EOF)
		}
	}
}

// gone says whether the poll found that there is nothing more to come from fd.
func (rt *router) gone(fd int) bool {
	for _, p := range rt.waiter.polled {
		if int(p.Fd) == fd {
			return gone(p.Revents, unix.POLLIN)
		}
	}
	return false
}
