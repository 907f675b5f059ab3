package main

import "encoding/hex"

// mostPieces is how many descriptors a receive buffer has at most.
const mostPieces = 4

// receive posts buffers and sends frames, in either order. There is always enough room for all frames in the end, so that none
// waits when the scenario is over. With several queue pairs each has that room: which one a frame goes to is the kernel's decision,
// or that of a hash.
func (d *driver) receive() bool {
	sent, pieces := d.arrivals(1 + d.IntN(3))
	if len(sent) == 0 {
		return false
	}
	early := d.chance(30) && d.opened() == 1
	if early {
		d.sendFrames(sent)
	}
	posted := d.postAll(sent, pieces)
	if !early {
		d.sendFrames(sent)
	}
	d.settle(d.receiveQueues()...)
	for _, b := range posted {
		d.bytes(b.addr, int(b.len), "buffer"+d.headerNote())
	}
	return true
}

// arrivals are up to n frames for which all queues have room, and of how many descriptors a buffer may be.
func (d *driver) arrivals(n int) (sent []*shipment, pieces int) {
	room := d.roomToReceive()
	for range n {
		s := d.arrival()
		if need := 2 * s.count * mostPieces; room >= need {
			sent, room = append(sent, s), room-need
		} else if len(sent) == 0 && d.tap > 0 && room >= 2*s.count {
			return []*shipment{s}, 1
		}
	}
	return sent, mostPieces
}

// arrival is one frame for the card.
func (d *driver) arrival() *shipment {
	if d.tap > 0 {
		return d.shipped(d.destination(), receivedFlows)
	}
	f := d.frame(d.destination(), d.receivedLen())
	return &shipment{nil, f, 1, len(f)}
}

// vlanHeader is as much of a frame as a filter looks at.
const vlanHeader = 18

// receivedLen is not more than a negotiated MTU lets in.
func (d *driver) receivedLen() int {
	n := d.frameLen()
	if n < vlanHeader {
		d.left("no-runt")
		n = vlanHeader
	}
	if longest := d.mtu + 14; d.has(featureMTU) && n > longest {
		d.left("no-oversize")
		n = longest
	}
	return n
}

// sendFrames: with several queue pairs a frame is on its queue before there is another, or their order would be nobody's.
func (d *driver) sendFrames(sent []*shipment) {
	for _, s := range sent {
		d.emit("", "%s %d %s", verbSend, d.peer, hex.EncodeToString(s.wire()))
		if d.opened() > 1 {
			d.emit("", verbFence)
		}
	}
}

// postAll makes buffers available on all queues, and says so.
func (d *driver) postAll(sent []*shipment, pieces int) (posted []segment) {
	frames, longest := 0, 0
	for _, s := range sent {
		frames, longest = frames+s.count, max(longest, s.longest)
	}
	for _, q := range d.receiveQueues() {
		r := d.queues[q]
		d.maybeQuiet(r)
		posted = append(posted, d.post(r, frames, longest, pieces)...)
		d.kick(q)
	}
	return posted
}

// post makes buffers available: for each frame one that holds it, and before it some that may be too small.
func (d *driver) post(r ring, frames, longest, most int) (posted []segment) {
	for range frames {
		if d.has(featureMRG) && d.chance(50) {
			posted = append(posted, d.postOne(r, d.headerLen()+d.IntN(600), most))
		}
		posted = append(posted, d.postOne(r, d.headerLen()+longest+d.IntN(64), most))
	}
	return posted
}

func (d *driver) postOne(r ring, n, most int) segment {
	at := d.allocate(n)
	d.emit("", "memset %#x %#x 0xee", at, n)
	if d.has(featurePacked) && !d.has(featureMRG) {
		d.left("no-unpop")
		most = 1
	}
	r.add(d.chain(at, n, most, true), d.indirectly())
	return segment{at, uint32(n), true}
}

// headerNote says which parts of a header have not been negotiated.
func (d *driver) headerNote() (note string) {
	if d.has(featureVersion1) && !d.has(featureMRG) {
		note = " no-merge"
	}
	if d.tap > 0 && !d.has(featureGuestCsum) {
		note += " no-guest-csum"
	}
	return note
}
