package virtio

import (
	"context"

	"golang.org/x/sys/unix"
)

// A Queue is one enabled virtqueue, from the device's side. Only the goroutine that serves it may call its methods,
// but for Kick, Stats, Index and Size, which any goroutine may call.
//
// No method allocates in the steady state.
type Queue struct{ unexported struct{} }

// QueueConfig is what a transport knows of a queue when the driver enables it.
type QueueConfig struct {
	Index             int
	Size              uint16
	Desc, Avail, Used uint64 // guest-physical addresses of the three areas of a split queue (2.7)
	Features          Features
	Memory            Memory
	// Interrupt sends the queue's used buffer notification; it must not block. Never nil.
	Interrupt func()
	// Kick is an eventfd that the transport signals at each available buffer notification. The queue does not own it.
	Kick int
}

// NewQueue makes the device's side of a queue; it checks the ring's addresses (alignment, all of it in RAM).
func NewQueue(c QueueConfig) (*Queue, error) { panic("contract") }

// A Chain is one available buffer: its descriptors decoded and checked, in the driver's order. Its vectors point into
// guest memory and are valid until the chain is pushed back.
type Chain struct {
	Head              uint16
	Read              []unix.Iovec // device-readable part
	Write             []unix.Iovec // device-writable part
	ReadLen, WriteLen uint64       // sums of the above, bytes
}

func (q *Queue) Index() int { panic("contract") }
func (q *Queue) Size() int  { panic("contract") }

// Pop takes the next available chain. It returns nil, nil if there is none, and a *Violation if the driver broke a rule;
// the queue must not be used after that.
func (q *Queue) Pop() (*Chain, error) { panic("contract") }

// Push writes the used element of a popped chain: n bytes were written into its device-writable part. The driver does
// not see it before Publish.
func (q *Queue) Push(c *Chain, n uint32) { panic("contract") }

// Publish makes all pushed elements visible with one store of the used index.
func (q *Queue) Publish() { panic("contract") }

// Notify interrupts the driver if what was published since the last call crosses what it asked for (2.7.7).
func (q *Queue) Notify() { panic("contract") }

// DisableKicks tells the driver that it need not notify (2.7.10). It is a hint.
func (q *Queue) DisableKicks() { panic("contract") }

// EnableKicks asks the driver to notify again, and reports whether chains became available in between: then no kick may
// come, and the caller looks again before it waits.
func (q *Queue) EnableKicks() (more bool) { panic("contract") }

// Wait blocks until the driver kicks or ctx is done; it returns ctx's error then.
func (q *Queue) Wait(ctx context.Context) error { panic("contract") }

// KickFD is the queue's eventfd, for poll(2) beside other descriptors; Drain clears it.
func (q *Queue) KickFD() int { panic("contract") }
func (q *Queue) Drain()      { panic("contract") }

// Reserve prepares the oldest available chains that have not been committed for receiving: as many as hold want bytes in
// their device-writable parts, at most max chains, fewer if the driver has not posted more. It takes none of them from
// the ring. The reservation is the queue's own and is valid until the next Reserve, Commit or Abort. A chain that was
// decoded once is not decoded again.
func (q *Queue) Reserve(want uint64, max int) (*Reservation, error) { panic("contract") }

// A Reservation is receive buffers, ready to be filled in order.
type Reservation struct {
	Vecs       []unix.Iovec // the device-writable parts of all its chains, one after the other
	Len        uint64       // bytes in Vecs
	unexported struct{}
}

// Chains says how many chains there are.
func (r *Reservation) Chains() int { panic("contract") }

// Fit says over how many chains n bytes spread, filling all but the last (5.1.9.4.1), or 0 if r is too small.
func (r *Reservation) Fit(n uint64) int { panic("contract") }

// Commit uses the first Fit(n) chains with n bytes in all and publishes them with one store of the used index (the driver
// sees all of a frame or none of it); the other chains stay available, untaken. It returns the number of chains.
func (r *Reservation) Commit(n uint64) int { panic("contract") }

// Abort leaves every chain available. It costs nothing.
func (r *Reservation) Abort() { panic("contract") }
