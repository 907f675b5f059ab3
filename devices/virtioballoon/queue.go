package virtioballoon

import (
	"context"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// drain gives each chain that comes to f and uses it at once, for the driver waits, until ctx is done or f fails.
func drain(ctx context.Context, q *virtio.Queue, f func(*virtio.Chain) error) error {
	for {
		c, err := q.Next(ctx)
		if err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
		q.Use(c, 0)
	}
}

// A reader copies out what a driver sent, each byte once: it may change under our eyes.
type reader struct {
	vecs []unix.Iovec
	off  uint64 // in the first
}

// read fills p as far as there is something left.
func (r *reader) read(p []byte) (n int) {
	for n < len(p) && len(r.vecs) > 0 {
		v := r.vecs[0]
		k := copy(p[n:], iovec.Bytes(v)[r.off:])
		n, r.off = n+k, r.off+uint64(k)
		if r.off == v.Len {
			r.vecs, r.off = r.vecs[1:], 0
		}
	}
	return n
}
