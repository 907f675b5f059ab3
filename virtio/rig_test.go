package virtio_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

// rig is a queue with its driver, and no device between them: the test is both.
type rig struct {
	*testing.T
	ram  *virtiotest.RAM
	ring *virtiotest.Ring
	q    *virtio.Queue
}

func newRig(t *testing.T, size int, features ...virtio.Feature) *rig {
	t.Helper()
	ram := virtiotest.NewRAM(t, 64<<20)
	ring := virtiotest.NewRing(ram, size, virtio.FeaturesOf(features...))
	return &rig{T: t, ram: ram, ring: ring, q: newQueue(t, ring.Config(3, eventfd(t)))}
}

func newQueue(t testing.TB, c virtio.QueueConfig) *virtio.Queue {
	t.Helper()
	q, err := virtio.NewQueue(c)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func eventfd(t testing.TB) int {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// A layout is the features that decide how a ring looks and goes on.
type layout []virtio.Feature

var layouts = map[string]layout{
	"split":            {},
	"split, in order":  {virtio.InOrder},
	"packed":           {virtio.RingPacked},
	"packed, in order": {virtio.RingPacked, virtio.InOrder},
}

func eachLayout(t *testing.T, f func(t *testing.T, l layout)) {
	for name, l := range layouts {
		t.Run(name, func(t *testing.T) { f(t, l) })
	}
}

func (l layout) rig(t *testing.T, size int, features ...virtio.Feature) *rig {
	t.Helper()
	return newRig(t, size, append(features, l...)...)
}

// writable posts a chain of fresh writable descriptors of the given lengths.
func (r *rig) writable(lens ...int) uint16 {
	r.Helper()
	var bufs []virtiotest.Buffer
	for _, n := range lens {
		bufs = append(bufs, virtiotest.Writable(r.ram.Alloc(n, 1), n))
	}
	head := r.ring.Add(bufs...)
	r.ring.Publish()
	return head
}

// buffer is a byte that nobody looks at.
func (r *rig) buffer() virtiotest.Buffer { return virtiotest.Writable(4096, 1) }

// bytes posts a chain of n such bytes. They take no memory, so that there can be as many chains as a test wants.
func (r *rig) bytes(n int) uint16 {
	head := r.ring.Add(slices.Repeat([]virtiotest.Buffer{r.buffer()}, n)...)
	r.ring.Publish()
	return head
}

func (r *rig) pop() *virtio.Chain {
	r.Helper()
	c, err := r.q.Pop()
	if err != nil {
		r.Fatal(err)
	}
	return c
}

func (r *rig) reserve(want uint64, max int) *virtio.Reservation {
	r.Helper()
	res, err := r.q.Reserve(want, max)
	if err != nil {
		r.Fatal(err)
	}
	return res
}

// next is the next used element.
func (r *rig) next() virtiotest.Used {
	r.Helper()
	u, ok := r.ring.Next()
	if !ok {
		r.Fatal("no used element")
	}
	return u
}

func (r *rig) use(c *virtio.Chain, n uint32) {
	r.q.Push(c, n)
	r.q.Publish()
	r.q.Notify()
}

func violates(t testing.TB, err error, rule *virtio.Rule) {
	t.Helper()
	var v *virtio.Violation
	if !errors.As(err, &v) || v.Rule != rule {
		t.Fatalf("got %v, want a violation of %s: %s", err, rule.Section, rule.Text)
	}
}

func bytesOf(v unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

func gather(vecs []unix.Iovec) []byte {
	var b bytes.Buffer
	for _, v := range vecs {
		b.Write(bytesOf(v))
	}
	return b.Bytes()
}

func lens(vecs []unix.Iovec) (n []uint64) {
	for _, v := range vecs {
		n = append(n, v.Len)
	}
	return n
}
