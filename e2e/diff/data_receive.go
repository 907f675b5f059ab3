package main

import "encoding/hex"

// receive posts buffers and sends frames, in either order. There is always enough room for all frames in the end, so that none
// waits when the scenario is over.
func (d *driver) receive() bool {
	const most = 4
	frames := 1 + d.IntN(3)
	if d.full(receiveQueue, 2*frames*most) {
		return false
	}
	r := d.queues[receiveQueue]
	d.maybeQuiet(r)
	var sent [][]byte
	longest := 0
	for range frames {
		f := d.frame(d.destination(), d.receivedLen())
		sent, longest = append(sent, f), max(longest, len(f))
	}
	early := d.chance(30)
	if early {
		d.sendFrames(sent)
	}
	posted := d.post(r, frames, longest, most)
	d.kick(receiveQueue)
	if !early {
		d.sendFrames(sent)
	}
	d.settle(receiveQueue)
	for _, b := range posted {
		d.bytes(b.addr, int(b.len), "buffer"+d.headerNote())
	}
	return true
}

// vlanHeader is as much of a frame as a filter looks at.
const vlanHeader = 18

// receivedLen is not more than a negotiated MTU lets in.
func (d *driver) receivedLen() int {
	n := d.frameLen()
	if n < vlanHeader {
		d.emit("no-runt", verbFence)
		n = vlanHeader
	}
	if longest := d.mtu + 14; d.has(featureMTU) && n > longest {
		d.emit("no-oversize", verbFence)
		n = longest
	}
	return n
}

func (d *driver) sendFrames(frames [][]byte) {
	for _, f := range frames {
		d.emit("", "%s %d %s", verbSend, d.peer, hex.EncodeToString(f))
	}
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
		d.emit("no-unpop", verbFence)
		most = 1
	}
	r.add(d.chain(at, n, most, true), d.indirectly())
	return segment{at, uint32(n), true}
}

// headerNote says where num_buffers lies without having been negotiated.
func (d *driver) headerNote() string {
	if d.has(featureVersion1) && !d.has(featureMRG) {
		return " no-merge"
	}
	return ""
}
