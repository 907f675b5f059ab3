package virtiotest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// A Ring is the driver's side of a queue, split or packed: it adds chains, publishes and kicks as the device asks, and collects
// what was used. Its raw writers (SetDescriptor and so on for a split ring, SetPacked for a packed one) make it misbehave.
type Ring struct {
	Size              int
	Desc, Avail, Used uint64 // guest-physical addresses, as in virtio.QueueConfig

	// OnKick is the available buffer notification; Start sets it to the queue's eventfd.
	OnKick func()

	t        testing.TB
	ram      *RAM
	features virtio.Features
	layout   layout

	posts  map[uint16]*post // chains that the device may use, by head
	order  []uint16         // with IN_ORDER, their heads in the order in which they were added
	tables []table          // of no chain
	quiet  bool             // no interrupts wanted

	interrupts atomic.Uint64
	wake       chan struct{}
}

// A post is a chain in the device's hands.
type post struct {
	bufs   []Buffer
	table  *table
	guards []guard
}

// NewRing allocates a ring of size entries, empty, with interrupts wanted. f decides on its layout (RING_PACKED), EVENT_IDX
// and IN_ORDER.
func NewRing(ram *RAM, size int, f virtio.Features) *Ring {
	r := &Ring{
		Size: size, t: ram.t, ram: ram, features: f, OnKick: func() {},
		posts: make(map[uint16]*post), wake: make(chan struct{}, 1),
	}
	r.layout = newLayout(r)
	return r
}

// Config is what a transport would tell NewQueue of this ring; kick is the eventfd.
func (r *Ring) Config(index, kick int) virtio.QueueConfig {
	return virtio.QueueConfig{
		Index: index, Size: uint16(r.Size), Desc: r.Desc, Avail: r.Avail, Used: r.Used,
		Features: r.features, Memory: r.ram, Interrupt: r.Interrupt, Kick: kick,
	}
}

// Interrupt is the used buffer notification, as the device sends it. Any goroutine may call it.
func (r *Ring) Interrupt() {
	r.interrupts.Add(1)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Interrupts is how many came. Any goroutine may call it.
func (r *Ring) Interrupts() uint64 { return r.interrupts.Load() }

// Interrupted receives after an interrupt; several may be one. Wait and Receiver.Receive take from it.
func (r *Ring) Interrupted() <-chan struct{} { return r.wake }

// RAM is the memory that the ring lies in, to allocate buffers from.
func (r *Ring) RAM() *RAM { return r.ram }

// Room is the number of free descriptors.
func (r *Ring) Room() int { return r.layout.room() }

// Posted is the number of chains in the device's hands.
func (r *Ring) Posted() int { return len(r.posts) }

// Add makes a chain of the buffers available and returns its head, the id of a packed ring. The device does not see it before
// Publish or Kick.
func (r *Ring) Add(bufs ...Buffer) uint16 {
	r.t.Helper()
	if len(bufs) == 0 || len(bufs) > r.Room() {
		r.t.Fatalf("a chain of %d descriptors, and %d are free", len(bufs), r.Room())
	}
	return r.post(r.layout.add(bufs, 0), &post{bufs: bufs})
}

// AddIndirect is Add with the buffers in an indirect table.
func (r *Ring) AddIndirect(bufs ...Buffer) uint16 {
	r.t.Helper()
	if r.Room() == 0 {
		r.t.Fatal("no descriptor is free")
	}
	content := r.layout.table(bufs)
	tab := r.table(content)
	p := &post{bufs: bufs, table: &tab, guards: []guard{r.guard("indirect table", tab.gpa, len(content))}}
	return r.post(r.layout.add([]Buffer{Readable(tab.gpa, len(content))}, Indirect), p)
}

// Publish makes the chains that were added visible, all at once.
func (r *Ring) Publish() { r.layout.publish() }

// Kick publishes and notifies the device if it asks for that (2.7.10, 2.8.10), as a driver does. It reports whether it did.
func (r *Ring) Kick() bool {
	wanted := r.layout.kick()
	if wanted {
		r.OnKick()
	}
	return wanted
}

// Next takes the next used element, if there is one, checks it, and frees its descriptors.
func (r *Ring) Next() (Used, bool) {
	if r.Pending() == 0 {
		return Used{}, false
	}
	u := r.element()
	r.EnableInterrupts(!r.quiet)
	return u, true
}

// Pending is how many used elements wait for Next.
func (r *Ring) Pending() int {
	n := r.layout.pending()
	if n > len(r.posts) {
		r.t.Errorf("%s: %d used elements are pending, and %d chains are posted", r.layout.sections().id, n, len(r.posts))
	}
	return n
}

// Wait is Next that waits. No element in time is a t.Fatal.
func (r *Ring) Wait(timeout time.Duration) Used {
	r.t.Helper()
	r.await(1, timeout)
	u, _ := r.Next()
	return u
}

// await returns when n elements are pending. It looks at the ring now and then even without an interrupt, so that a
// test of suppressed interrupts can use it.
func (r *Ring) await(n int, timeout time.Duration) {
	r.t.Helper()
	for deadline := time.Now().Add(timeout); r.Pending() < n; {
		if time.Now().After(deadline) {
			r.t.Fatalf("%d used elements after %v, want %d", r.Pending(), timeout, n)
		}
		select {
		case <-r.wake:
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// EnableInterrupts says whether the driver wants interrupts from here on: with EVENT_IDX by the place of the next used element,
// else by a flag.
func (r *Ring) EnableInterrupts(on bool) {
	r.quiet = !on
	r.layout.interrupts(on)
}

func (r *Ring) post(head uint16, p *post) uint16 {
	for _, b := range p.bufs {
		if !b.Write {
			p.guards = append(p.guards, r.guard("readable buffer", b.GPA, int(b.Len)))
		}
	}
	r.posts[head] = p
	if r.features.Has(virtio.InOrder) {
		r.order = append(r.order, head)
	}
	return head
}
