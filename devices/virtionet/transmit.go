package virtionet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// A transmitter sends the frames of one transmit queue over one link.
type transmitter struct {
	*life
	pair   int
	link   net.Link
	waiter waiter
	*transmitCounters

	q    *virtio.Queue
	vecs []unix.Iovec // scratch

	turn *turn // of sending; free while the transmitter sleeps

	pushed      int    // chains that the driver does not know yet to be done
	pushedBytes uint64 // in them
}

func newTransmitter(l *life, pair int) *transmitter {
	t := new(turn)
	if pair == 0 {
		t = &l.sending
	}
	return &transmitter{
		life:             l,
		pair:             pair,
		link:             l.links[pair],
		transmitCounters: &l.tx[pair],
		vecs:             make([]unix.Iovec, 0, iovec.Max),
		turn:             t,
	}
}

func (t *transmitter) serve(ctx context.Context, q *virtio.Queue) error {
	defer t.waiter.follow(ctx)()
	t.q = q
	t.watch(&t.mu, q)
	defer t.unwatch(&t.mu)
	t.turn.Lock()
	defer t.turn.Unlock()
	defer t.flush()
	q.DisableKicks()
	for !t.waiter.stopped.Load() {
		t.yield()
		c, err := q.Pop()
		switch {
		case err != nil:
			return err
		case c == nil:
			t.idle()
			continue
		}
		if done, err := t.one(c); err != nil || !done {
			return err
		}
		t.complete(c)
	}
	return nil
}

// yield lets somebody else send, who wants to.
func (t *transmitter) yield() {
	if t.turn.wanted.Load() != 0 {
		t.turn.Unlock()
		t.turn.Lock()
	}
}

// one sends or drops one chain's frame. It is not done if the queue was stopped before the link had room: should the queue come back
// where it was (a machine that was stopped), the chain will be taken again.
//
// A link without headers gets the frame as it is, whatever the header asks for: the driver was not offered the offloads that
// it would be asking for, and must leave those fields 0 (5.1.9.2.1). QEMU does not look at them either.
func (t *transmitter) one(c *virtio.Chain) (done bool, err error) {
	if err := t.check(c); err != nil {
		return false, err
	}
	if reason, bad := t.judge(c); bad {
		t.drop[reason].Add(1)
		return true, nil
	}
	vecs := c.Read
	switch {
	case t.frame.own:
		t.vecs = iovec.AppendAfter(t.vecs[:0], c.Read, uint64(t.frame.header))
		vecs = t.vecs
	case len(vecs) > 1:
		t.vecs = iovec.AppendJoined(t.vecs[:0], c.Read)
		vecs = t.vecs
	}
	return t.send(vecs, c.ReadLen-uint64(t.frame.header)), nil
}

// check finds what breaks the device in QEMU (virtio_net_flush_tx). Of a frame's layout it assumes nothing (2.7.4.1).
func (t *transmitter) check(c *virtio.Chain) error {
	header := uint64(t.frame.header)
	var rule *virtio.Rule
	switch {
	case c.ReadLen == 0:
		rule = RuleTransmitReadable
	case c.ReadLen < header, c.ReadLen == header && t.frame.own:
		rule = RuleTransmitHeader
	default:
		return nil
	}
	return &virtio.Violation{Rule: rule, Queue: t.q.Index(), Head: c.Head,
		What: fmt.Sprintf("a transmit buffer with %d readable bytes, the header is %d", c.ReadLen, header)}
}

// judge says whether, and why, a frame is dropped before the link sees it.
func (t *transmitter) judge(c *virtio.Chain) (reason Drop, bad bool) {
	header := uint64(t.frame.header)
	switch {
	case !t.up.Load():
		return DropLinkDown, true
	case !t.serving(t.pair):
		return DropUnserved, true
	case c.ReadLen == header:
		return DropRunt, true
	case c.ReadLen > header+maxFrame:
		return DropOversize, true
	}
	return 0, false
}

// send gives the link one frame, of size bytes without header, and waits for room if need be.
func (t *transmitter) send(vecs []unix.Iovec, size uint64) (done bool) {
	for waited := false; ; waited = true {
		err := t.link.Send(vecs)
		switch {
		case err == nil:
			t.frames.Add(1)
			t.bytes.Add(size)
			return true
		case !errors.Is(err, net.ErrWouldBlock):
			t.refused(err)
			return true
		}
		if !waited {
			t.waited.Add(1)
		}
		if !t.waitRoom() {
			return false
		}
	}
}

// refused counts a frame that the link will not take: a malformed header, an interface that is down, or the link's end.
func (t *transmitter) refused(err error) {
	switch {
	case errors.Is(err, io.EOF):
		t.drop[DropLinkDown].Add(1)
		t.lost(t.pair, err)
	case errors.Is(err, net.ErrLinkDown):
		t.drop[DropLinkDown].Add(1)
	default:
		t.drop[DropHostError].Add(1)
	}
}

// waitRoom reports false if the queue is to stop.
func (t *transmitter) waitRoom() bool {
	t.flush()
	if gone(t.wait(t.link.FD(), unix.POLLOUT), unix.POLLOUT) {
		t.lost(t.pair, io.EOF)
		t.wait(-1, 0)
	}
	return !t.waiter.stopped.Load()
}

// complete gives a chain back: nothing was written into it (used length 0). A ring holds few large frames, so they are not held
// back: the driver would wait for the burst that its ring has no room for.
func (t *transmitter) complete(c *virtio.Chain) {
	t.pushedBytes += c.ReadLen
	t.q.Push(c, 0)
	if t.pushed++; t.pushed >= t.cfg.TXBurst || t.pushedBytes >= notifyBytes/2 {
		t.flush()
	}
}

func (t *transmitter) flush() {
	if t.pushed == 0 {
		return
	}
	t.pushed, t.pushedBytes = 0, 0
	t.q.Publish()
	t.q.Notify()
}

// idle waits for the driver.
func (t *transmitter) idle() {
	t.flush()
	if !t.q.EnableKicks() && t.wait(t.q.KickFD(), unix.POLLIN) != 0 {
		t.q.Drain()
	}
	t.q.DisableKicks()
}

// wait is the waiter's, with the turn free.
func (t *transmitter) wait(fd int, events int16) (revents int16) {
	t.turn.Unlock()
	defer t.turn.Lock()
	return t.waiter.wait(fd, events)
}
