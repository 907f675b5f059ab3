package virtio

import "fmt"

// A Queue is one enabled virtqueue, from the device's side. Only the goroutine that serves it may call its methods,
// but for KickFD, Stats, Posted, Position, Index and Size, which any goroutine may call.
//
// No method but Posted allocates in the steady state.
type Queue struct {
	config QueueConfig
	avail  availableRing
	used   usedRing
	kick   kick
	window window
	stats  stats

	order       order  // of the chains held, with IN_ORDER
	unpublished int    // elements pushed since the last Publish
	bytes       uint64 // in them
	held        int    // chains popped and not put into the used ring
	broken      error  // the violation that ended the queue

	reserve reserve
}

// QueueConfig is what a transport knows of a queue when the driver enables it.
type QueueConfig struct {
	Index int
	Size  uint16
	// Desc, Avail and Used are guest-physical addresses: descriptor table, available ring and used ring of a split queue
	// (2.7); descriptor ring, driver and device event suppression structure of a packed one (2.8.10).
	Desc, Avail, Used uint64
	Features          Features
	Memory            Memory
	// Interrupt sends the queue's used buffer notification; it must not block. Never nil.
	Interrupt func()
	// Kick is an eventfd that the transport signals at each available buffer notification. The queue does not own it, but
	// makes it non-blocking. It must stay open until the queue's session has ended or disabled the queue.
	Kick int
	// Start is zero for a fresh queue, else where another one stopped (Queue.Position). Chains between Start.Used and
	// Start.Avail are not this queue's.
	Start Position
}

// NewQueue makes the device's side of a queue; it checks the ring's addresses: all of it in RAM, at any alignment, as with QEMU. A
// *Violation means that the driver gave wrong ones; any other error is the host's.
func NewQueue(c QueueConfig) (*Queue, error) {
	q := &Queue{config: c}
	var err error
	if q.avail, q.used, err = newLayout(&q.config, &q.stats); err != nil {
		return nil, err
	}
	if err := q.kick.init(c.Kick, &q.stats); err != nil {
		return nil, err
	}
	q.window, q.order = newWindow(q.Size()), newOrder(&q.config)
	q.reserve.reservation.q = q
	return q, nil
}

// Index is the queue's number on its device.
func (q *Queue) Index() int { return q.config.Index }

// Size is the number of entries of its ring.
func (q *Queue) Size() int { return int(q.config.Size) }

// Position is where a queue goes on that is made when this one has ended (QueueConfig.Start): it takes again the chains that
// the device still held. That is right as long as chains are used in order; a device that uses them out of order pushes and
// publishes all before it ends. Any goroutine may call it.
//
// Its Told is zero: that is Rest's.
func (q *Queue) Position() Position { return q.used.position() }

// Rest is Position with Told, so that a queue which goes on does not interrupt for what an event has suppressed. It is for whoever
// waited until nobody serves the queue.
func (q *Queue) Rest() Position {
	p := q.Position()
	p.Told = q.used.told()
	return p
}

// Pop takes the next available chain. It returns nil, nil if there is none, and a *Violation if the driver broke a rule;
// the queue must not be used after that.
func (q *Queue) Pop() (*Chain, error) {
	if q.window.n == 0 {
		if ok, err := q.decode(); !ok {
			return nil, err
		}
	}
	q.reserve.drop(&q.window, 1)
	c := q.window.shift()
	c.popped = true
	q.hold(c)
	q.avail.take(1)
	return c, nil
}

// decode appends the next available chain to the window.
func (q *Queue) decode() (bool, error) {
	if q.broken != nil {
		return false, q.broken
	}
	c := q.window.blank()
	ok, err := q.avail.next(c)
	switch {
	case err != nil:
		q.broken = err
	case ok && q.window.n+q.held == q.Size():
		q.broken = &Violation{Rule: RuleInFlight, Queue: q.Index(), Head: c.Head,
			What: fmt.Sprintf("the device holds %d chains of a queue of %d, and there is another", q.Size(), q.Size())}
	case ok:
		q.window.append()
		return true, nil
	}
	return false, q.broken
}

// hold counts a chain as the device's.
func (q *Queue) hold(c *Chain) {
	q.held++
	q.order.take(c)
}

// Push writes the used element of a popped chain: n bytes were written into its device-writable part. The driver does
// not see it before Publish. With VIRTIO_F_IN_ORDER it may be called in any order, too, but a chain that was popped after one
// which the device still holds waits for that, through any Publish before.
func (q *Queue) Push(c *Chain, n uint32) {
	if !c.popped {
		panic("virtio: Push of a chain that the device does not hold")
	}
	c.popped = false
	if q.order.n > 0 {
		q.finish(c, n)
		return
	}
	q.held--
	q.put(c, n)
}

// finish puts the held chains whose turn it is now that c is done.
func (q *Queue) finish(c *Chain, n uint32) {
	c.done, c.used = true, n
	for c := q.order.next(); c != nil; c = q.order.next() {
		q.held--
		q.put(c, c.used)
	}
}

// Publish makes all pushed elements visible with one store: of the used index, or of a packed queue's first used descriptor.
func (q *Queue) Publish() {
	if q.unpublished == 0 {
		return
	}
	q.used.publish(q.unpublished)
	q.stats.used(q.unpublished, q.bytes)
	q.unpublished, q.bytes = 0, 0
}

// Notify interrupts the driver if what was published since the last call crosses what it asked for (2.7.7, 2.8.14).
func (q *Queue) Notify() {
	news, wanted := q.used.wanted(q.held == 0 && q.window.n == 0)
	switch {
	case wanted:
		q.stats.interrupts.Add(1)
		q.config.Interrupt()
	case news:
		q.stats.suppressed.Add(1)
	}
}

// put writes a used element behind those that wait for Publish, and ends the chain's life.
func (q *Queue) put(c *Chain, n uint32) {
	q.used.put(q.unpublished, c, n)
	q.unpublished++
	q.bytes += c.ReadLen + uint64(n)
	q.window.release(c)
}

// DisableKicks tells the driver that it need not notify (2.7.10, 2.8.10). It is a hint.
func (q *Queue) DisableKicks() { q.avail.kicks(false) }

// EnableKicks asks the driver to notify again, and reports whether there are chains that neither Pop nor Reserve has looked
// at: then no kick may come for them, and the caller looks again before it waits.
func (q *Queue) EnableKicks() (more bool) { return q.avail.kicks(true) }

func (c *QueueConfig) broken(r *Rule, format string, args ...any) error {
	return &Violation{Rule: r, Queue: c.Index, What: fmt.Sprintf(format, args...)}
}
