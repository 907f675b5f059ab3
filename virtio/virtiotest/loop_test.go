package virtiotest_test

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

const mrgRxbuf = virtio.Feature(15)

// loop is a network card whose cable ends in itself: what is sent through queue 1 comes back through queue 0. It shows the
// harness at work, and is no part of Drydock.
type loop struct{}

func (l loop) Info() virtio.Info {
	return virtio.Info{
		ID:     1,
		Queues: func(virtio.Features) []uint16 { return []uint16{256, 64} },
		Config: virtio.NewConfig(nil, nil),
	}
}

func (l loop) Run(ctx context.Context, s *virtio.Session) error {
	frames := make(chan []byte, 256)
	s.Serve(1, func(ctx context.Context, q *virtio.Queue) error { return l.send(ctx, q, frames) })
	s.Serve(0, func(ctx context.Context, q *virtio.Queue) error { return l.receive(ctx, q, frames) })
	return s.Wait(ctx)
}

func (l loop) send(ctx context.Context, q *virtio.Queue, frames chan<- []byte) error {
	for {
		c, err := q.Pop()
		switch {
		case err != nil:
			return err
		case c != nil:
			frame := gather(c.Read)
			q.Push(c, 0)
			q.Publish()
			q.Notify()
			frames <- frame
		case !q.EnableKicks():
			if err := q.Wait(ctx); err != nil {
				return err
			}
		}
	}
}

func (l loop) receive(ctx context.Context, q *virtio.Queue, frames <-chan []byte) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-frames:
			if err := l.deliver(ctx, q, f); err != nil {
				return err
			}
		}
	}
}

func (l loop) deliver(ctx context.Context, q *virtio.Queue, frame []byte) error {
	for {
		r, err := q.Reserve(uint64(len(frame)), 1024)
		if err != nil {
			return err
		}
		if n := r.Fit(uint64(len(frame))); n > 0 {
			if len(frame) >= 12 {
				binary.LittleEndian.PutUint16(frame[10:], uint16(n))
			}
			scatter(r.Vecs, frame)
			r.Commit(uint64(len(frame)))
			q.Notify()
			return nil
		}
		if !q.EnableKicks() {
			if err := q.Wait(ctx); err != nil {
				return err
			}
		}
	}
}

func bytesOf(v unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

func gather(vecs []unix.Iovec) (b []byte) {
	for _, v := range vecs {
		b = append(b, bytesOf(v)...)
	}
	return b
}

func scatter(vecs []unix.Iovec, b []byte) {
	for _, v := range vecs {
		b = b[copy(bytesOf(v), b):]
	}
}
