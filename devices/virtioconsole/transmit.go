package virtioconsole

import (
	"context"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// transmit serves the queue on which the guest sends: each chain is used when the host has read it.
func (pl *portLife) transmit(ctx context.Context, q *virtio.Queue) error {
	defer pl.serve(1, q)()
	for {
		// Asked before the ring is looked at: what the guest sent before it closed is there by then.
		over := pl.hasHungUp()
		c, err := q.Pop()
		switch {
		case err != nil:
			return err
		case c != nil:
			if err := pl.offer(ctx, c); err != nil {
				return err
			}
			q.Use(c, 0)
			continue
		case over:
			pl.port.hangUp(pl.hasHungUp)
		}
		if !q.EnableKicks() {
			if err := q.Wait(ctx); err != nil {
				return err
			}
		}
	}
}

// offer gives a chain's bytes to whoever reads, and drops them while nobody is connected, and when the port is unplugged.
func (pl *portLife) offer(ctx context.Context, c *virtio.Chain) error {
	away := pl.port.away()
	for _, v := range c.Read {
		for b := iovec.Bytes(v); len(b) > 0; {
			select {
			case t := <-pl.port.reads:
				n := copy(t.p, b)
				b = b[n:]
				pl.port.sent.Add(uint64(n))
				t.done <- result{n: n}
			case <-away:
				return nil
			case <-pl.unplugged:
				return nil
			case <-ctx.Done():
				if pl.isUnplugged() { // both: the chain is to be used
					return nil
				}
				return ctx.Err()
			}
		}
	}
	return nil
}

func (pl *portLife) isUnplugged() bool { return done(pl.unplugged) }
