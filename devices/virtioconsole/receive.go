package virtioconsole

import (
	"context"
	"os"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// receive serves the queue on which the guest receives: it fills the guest's buffers with what the host writes.
func (pl *portLife) receive(ctx context.Context, q *virtio.Queue) error {
	defer pl.serve(0, q)()
	for {
		t, err := pl.nextWrite(ctx)
		if err != nil {
			return err
		}
		n, why, err := pl.fill(ctx, q, t.p)
		t.done <- result{n, why}
		if err != nil {
			return err
		}
	}
}

// nextWrite waits for the guest to open the port, and then for the host to write. A guest that has not opened the port
// would drop what it gets.
func (pl *portLife) nextWrite(ctx context.Context) (transfer, error) {
	for {
		writes := pl.port.writes
		open, change := pl.state()
		if !open {
			writes = nil
		}
		select {
		case t := <-writes:
			return t, nil
		case <-change:
		case <-ctx.Done():
			return transfer{}, ctx.Err()
		}
	}
}

// fill copies b into the guest's buffers. why is what the host's Write gets, err what ends the queue.
func (pl *portLife) fill(ctx context.Context, q *virtio.Queue, b []byte) (n int, why, err error) {
	for n < len(b) {
		if why := pl.broken(); why != nil {
			return n, why, nil
		}
		c, err := q.Pop()
		switch {
		case err != nil:
			return n, ErrHangup, err
		case c != nil:
			k := iovec.Scatter(c.Write, 0, b[n:])
			q.Use(c, uint32(k))
			n += k
			pl.port.received.Add(uint64(k))
		case !q.EnableKicks():
			if err := q.Wait(ctx); err != nil {
				return n, ErrHangup, err
			}
		}
	}
	return n, nil, nil
}

// broken says why the rest of a Write is not worth waiting for.
func (pl *portLife) broken() error {
	if pl.port.isClosed() {
		return os.ErrClosed
	}
	if open, _ := pl.state(); !open {
		return ErrHangup
	}
	return nil
}
