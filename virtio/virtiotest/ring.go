package virtiotest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// A Ring is the driver's side of a split queue: it adds chains, publishes and kicks as the device asks, and collects what was
// used. Its raw writers (SetDescriptor and so on) make it misbehave.
type Ring struct {
	Size              int
	Desc, Avail, Used uint64 // guest-physical addresses

	// OnKick is the available buffer notification; Start sets it to the queue's eventfd.
	OnKick func()

	t        testing.TB
	ram      *RAM
	features virtio.Features
	desc     area
	avail    area
	used     []byte

	free  []uint16         // descriptors that belong to no chain
	posts map[uint16]*post // chains that the device may use, by head
	spare map[uint16]table // indirect tables, kept for their heads

	flags     uint16 // avail.flags
	added     uint16 // index after the chains that were added
	published uint16 // what the device may see of them
	seen      uint16 // used index up to which Next has gone
	quiet     bool   // no interrupts wanted

	interrupts atomic.Uint64
	wake       chan struct{}
}

// A post is a chain in the device's hands.
type post struct {
	bufs   []Buffer
	descs  []uint16
	guards []guard
}

// NewRing allocates a ring of size entries (a power of two), empty, with interrupts wanted. f decides on EVENT_IDX.
func NewRing(ram *RAM, size int, f virtio.Features) *Ring {
	r := &Ring{
		Size: size, t: ram.t, ram: ram, features: f, OnKick: func() {},
		Desc:  ram.Alloc(16*size, 16),
		Avail: ram.Alloc(4+2*size+2, 4), // 2 would do; 4 lets flags and index be written at once
		Used:  ram.Alloc(4+8*size+2, 4),
		posts: make(map[uint16]*post), spare: make(map[uint16]table),
		wake: make(chan struct{}, 1),
	}
	r.desc, r.avail = newArea(ram, r.Desc, 16*size), newArea(ram, r.Avail, 4+2*size+2)
	r.used = ram.Bytes(r.Used, 4+8*size+2)
	for i := size - 1; i >= 0; i-- {
		r.free = append(r.free, uint16(i))
	}
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
func (r *Ring) Room() int { return len(r.free) }

// Posted is the number of chains in the device's hands.
func (r *Ring) Posted() int { return len(r.posts) }

// Add makes a chain of the buffers available and returns its head. The device does not see it before Publish or Kick.
func (r *Ring) Add(bufs ...Buffer) uint16 {
	r.t.Helper()
	if len(bufs) == 0 || len(bufs) > len(r.free) {
		r.t.Fatalf("a chain of %d descriptors, and %d are free", len(bufs), len(r.free))
	}
	p := &post{bufs: bufs, descs: r.take(len(bufs))}
	for i, b := range bufs {
		last := i == len(bufs)-1
		var next uint16
		if !last {
			next = p.descs[i+1]
		}
		r.SetDescriptor(int(p.descs[i]), b.GPA, b.Len, flagsOf(b, last), next)
	}
	return r.post(p)
}

// AddIndirect is Add with the buffers in an indirect table.
func (r *Ring) AddIndirect(bufs ...Buffer) uint16 {
	r.t.Helper()
	if len(r.free) == 0 {
		r.t.Fatal("no descriptor is free")
	}
	p := &post{bufs: bufs, descs: r.take(1)}
	head := p.descs[0]
	tab := r.table(head, len(bufs))
	tab.fill(bufs)
	p.guards = append(p.guards, r.guard("indirect table", tab.gpa, 16*len(bufs)))
	r.SetDescriptor(int(head), tab.gpa, uint32(16*len(bufs)), Indirect, 0)
	return r.post(p)
}

// Publish makes the chains that were added visible with one store of the index.
func (r *Ring) Publish() {
	r.published = r.added
	r.avail.putHeader(r.flags, r.added)
}

// Kick publishes and notifies the device if it asks for that (2.7.10), as a driver does. It reports whether it did.
func (r *Ring) Kick() bool {
	old := r.published
	r.Publish()
	if !r.wanted(old) {
		return false
	}
	r.OnKick()
	return true
}

// Next takes the next used element, if there is one, checks it, and frees its descriptors.
func (r *Ring) Next() (Used, bool) {
	if r.Pending() == 0 {
		return Used{}, false
	}
	u := r.element()
	r.seen++
	r.EnableInterrupts(!r.quiet)
	return u, true
}

// Pending is how many used elements wait for Next.
func (r *Ring) Pending() int {
	n := r.UsedIdx() - r.seen
	if int(n) > len(r.posts) {
		r.t.Errorf("2.7.8: the used index went from %d to %d, and %d chains are posted", r.seen, r.UsedIdx(), len(r.posts))
	}
	return int(n)
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

// EnableInterrupts says whether the driver wants interrupts from here on: by used_event with EVENT_IDX, else by avail.flags.
func (r *Ring) EnableInterrupts(on bool) {
	r.quiet = !on
	switch {
	case r.features.Has(virtio.EventIdx) && on:
		r.SetUsedEvent(r.seen)
	case r.features.Has(virtio.EventIdx):
		r.SetUsedEvent(r.seen - 1)
	case on:
		r.SetAvailFlags(0)
	default:
		r.SetAvailFlags(NoInterrupt)
	}
}

func (r *Ring) take(n int) []uint16 {
	cut := len(r.free) - n
	descs := append([]uint16(nil), r.free[cut:]...)
	r.free = r.free[:cut]
	return descs
}

func (r *Ring) post(p *post) uint16 {
	for _, b := range p.bufs {
		if !b.Write {
			p.guards = append(p.guards, r.guard("readable buffer", b.GPA, int(b.Len)))
		}
	}
	head := p.descs[0]
	r.posts[head] = p
	r.SetAvailEntry(int(r.added), head)
	r.added++
	return head
}

// wanted is the driver's half of notification suppression: used.flags, or whether the index crosses avail_event.
func (r *Ring) wanted(old uint16) bool {
	if r.features.Has(virtio.EventIdx) {
		return r.published-r.AvailEvent()-1 < r.published-old
	}
	return r.UsedFlags()&NoNotify == 0
}
