package main

import (
	"encoding/binary"
	"encoding/hex"
)

// featureMultiport and featureEmergency are VIRTIO_CONSOLE_F_MULTIPORT and VIRTIO_CONSOLE_F_EMERG_WRITE.
const (
	featureMultiport = 1 << 1
	featureEmergency = 1 << 2
)

// Events of control messages (5.3.6.2), and their queues.
const (
	deviceReady = 0
	portReady   = 3
	portOpen    = 6

	controlIn  = 2
	controlOut = 3
)

// serialQueues: a driver without MULTIPORT knows the first port alone.
func (d *driver) serialQueues() (sizes []int) {
	d.open = map[int]bool{}
	if !d.has(featureMultiport) {
		d.open[0] = true
		return []int{128, 128}
	}
	sizes = []int{128, 128, 32, 32}
	for range mostPorts - 1 {
		sizes = append(sizes, 128, 128)
	}
	return sizes
}

// writeFirst has each queue on which the guest sends use a buffer.
func (d *driver) writeFirst() {
	d.left("no-silent-queue")
	for _, p := range d.ports[:max(1, (len(d.queues)-2)/2)] {
		d.writeTo(&p, 1)
	}
	if d.has(featureMultiport) {
		d.tellBytes([]byte{0})
		d.heard()
	}
	for peer := range d.ports {
		d.emit("", "%s %d", verbRecv, peer)
	}
}

// aPort is one that the driver knows, with its number as a peer.
func (d *driver) aPort() (*port, int) {
	n := 0
	if d.has(featureMultiport) {
		n = d.IntN(len(d.ports))
	}
	return &d.ports[n], n
}

// write sends bytes out of a port.
func (d *driver) write() bool {
	p, peer := d.aPort()
	q := p.receiveQueue() + 1
	if d.full(q, 8) || !d.opens(p) {
		return false
	}
	d.maybeQuiet(d.queues[q])
	var lengths []int
	for range 1 + d.IntN(3) {
		lengths = append(lengths, one(d.emitter, 1, 2, 16, 100, 1+d.IntN(4000), 1+d.IntN(9000)))
	}
	d.writeTo(p, lengths...)
	d.emit("", "%s %d", verbRecv, peer)
	return true
}

// writeTo offers a chain of each length.
func (d *driver) writeTo(p *port, lengths ...int) {
	q := p.receiveQueue() + 1
	r := d.queues[q]
	for _, n := range lengths {
		at := d.allocate(n)
		d.setBytes(at, d.someBytes(n), "output")
		r.add(d.chain(at, n, min(2, r.room()), false), d.indirectly())
	}
	d.kick(q)
	d.settle(q)
	r.done()
}

// read posts buffers and has the host write into the port, in either order.
func (d *driver) read() bool {
	p, peer := d.aPort()
	q := p.receiveQueue()
	if d.full(q, 12) || !d.opens(p) {
		return false
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	b := d.someBytes(one(d.emitter, 1, 2, 16, 100, 1+d.IntN(2000), 1+d.IntN(4096)))
	send := func() { d.emit("", "%s %d %s", verbSend, peer, hex.EncodeToString(b)) }
	early := d.chance(30)
	if early {
		send()
	}
	var posted []segment
	for left := len(b); left > 0; left -= int(posted[len(posted)-1].len) {
		n := left
		if len(posted) < 3 {
			n = 1 + d.IntN(left+100)
		}
		posted = append(posted, d.postOne(r, n, 2))
	}
	d.kick(q)
	if !early {
		send()
	}
	d.settle(q)
	for _, s := range posted {
		d.bytes(s.addr, int(s.len), "buffer")
	}
	return true
}

// opens sees to it that the port is open, for what a host writes to one that is closed waits.
func (d *driver) opens(p *port) bool {
	if d.open[p.number] {
		return true
	}
	if d.full(controlOut, 1) {
		return false
	}
	d.tell(p.number, portOpen, 1)
	d.heard()
	d.open[p.number] = true
	return true
}

// tell sends a control message.
func (d *driver) tell(number int, event, value uint16) {
	m := binary.LittleEndian.AppendUint32(nil, uint32(number))
	m = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(m, event), value)
	d.tellBytes(m)
}

func (d *driver) tellBytes(m []byte) {
	r := d.queues[controlOut]
	at := d.allocate(len(m))
	d.setBytes(at, m, "message")
	r.add(d.chain(at, len(m), min(r.room(), 3), false), d.indirectly())
	d.kick(controlOut)
}

// heard waits for a message that has no answer.
func (d *driver) heard() {
	d.settle(controlOut)
	d.queues[controlOut].done()
}

// converse sends a control message, and looks at the answers, for which there is always room.
func (d *driver) converse() bool {
	const most = 3
	if !d.has(featureMultiport) {
		return d.write()
	}
	if d.full(controlIn, most) || d.full(controlOut, 4) {
		return false
	}
	in := d.queues[controlIn]
	d.maybeQuiet(in)
	var posted []segment
	for range most {
		posted = append(posted, d.postOne(in, 64, 1))
	}
	d.kick(controlIn)
	d.message()
	d.settle(controlOut, controlIn)
	d.queues[controlOut].done()
	for _, s := range posted {
		d.bytes(s.addr, int(s.len), "buffer")
	}
	return true
}

// message is one that a driver sends, or one that none does.
func (d *driver) message() {
	p, _ := d.aPort()
	switch d.IntN(8) {
	case 0, 1:
		d.tell(0, deviceReady, 1)
	case 2, 3:
		d.tell(p.number, portReady, 1)
	case 4:
		d.tell(p.number, portReady, 0)
	case 5:
		value := uint16(d.IntN(2))
		d.tell(p.number, portOpen, value)
		d.open[p.number] = value != 0
	case 6:
		d.tell(one(d.emitter, p.number, 7, 1<<20), one[uint16](d.emitter, 1, 2, 4, 5, 7, 8, 99), uint16(d.IntN(2)))
	default:
		d.tellBytes(d.someBytes(1 + d.IntN(7))) // too short
	}
}

// emergency writes a character without a queue (5.3.4).
func (d *driver) emergency() bool {
	if !d.has(featureEmergency) {
		return d.write()
	}
	d.setDeviceConfig(8, 4, uint64(0x20+d.IntN(90)))
	d.emit("", "%s 0", verbRecv)
	return true
}
