package virtioconsole

import (
	"context"

	"github.com/drydock-vmm/drydock/virtio"
)

// drain gives each chain that comes to f and uses it, until ctx is done.
func drain(ctx context.Context, q *virtio.Queue, f func(*virtio.Chain) error) error {
	for {
		c, err := next(ctx, q)
		if err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
		use(q, c, 0)
	}
}

// next waits for the next chain.
func next(ctx context.Context, q *virtio.Queue) (*virtio.Chain, error) {
	for {
		c, err := q.Pop()
		if c != nil || err != nil {
			return c, err
		}
		if !q.EnableKicks() {
			if err := q.Wait(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// use gives a chain back with n bytes written.
func use(q *virtio.Queue, c *virtio.Chain, n int) {
	q.Push(c, uint32(n))
	q.Publish()
	q.Notify()
}
