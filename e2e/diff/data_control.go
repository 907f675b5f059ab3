package main

import "encoding/binary"

// control sends a command, right or wrong, and looks what it changed.
func (d *driver) control() bool {
	if !d.has(featureCtrlVQ) {
		return d.transmit()
	}
	q := d.controlQueue()
	if d.full(q, 6) {
		return false
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	command := d.command()
	at := d.allocate(len(command) + 64)
	d.setBytes(at, command, "command")
	ack := d.allocate(8)
	d.emit("", "memset %#x 0x8 0xee", ack)
	acks := d.chain(ack, one(d.emitter, 1, 1, 1, 2, 8), 2, true)
	r.add(append(d.chain(at, len(command), 4, false), acks...), d.indirectly())
	d.kick(q)
	d.settle(q)
	d.bytes(ack, 8, "ack")
	for off := uint64(0); off < 6; off += 2 {
		d.deviceConfig(off, 2)
	}
	r.done()
	return true
}

func (d *driver) deviceConfig(off uint64, size int) {
	if !d.legacy {
		d.load(d.addr(capDevice)+off, size, "device-config")
		return
	}
	d.getLegacy(d.legacyConfig()+off, size, "device-config")
}

func (d *driver) setDeviceConfig(off uint64, size int, v uint64) {
	if !d.legacy {
		d.store(d.addr(capDevice)+off, size, v, "device-config")
		return
	}
	d.setLegacy(d.legacyConfig()+off, size, v, "device-config")
}

// legacyConfig is where the configuration space begins in BAR0.
func (d *driver) legacyConfig() uint64 {
	if d.msi {
		return 24
	}
	return 20
}

// command is a class, a command and its data (5.1.6.5).
func (d *driver) command() []byte {
	if d.tap > 0 && d.chance(40) {
		return d.steering()
	}
	switch d.IntN(9) {
	case 0, 1:
		return d.spoil([]byte{0, byte(d.IntN(7)), byte(d.IntN(2))})
	case 2:
		return d.spoil(append([]byte{1, 0}, append(d.macList(0x52), d.macList(0x01)...)...))
	case 3:
		m := [6]byte{0x52, 0x54, 0, 0, 0, byte(d.IntN(4))}
		c := d.spoil(append([]byte{1, 1}, m[:]...))
		if len(c) == 8 {
			d.mac = m // it may be refused; then frames to it show that
		}
		return c
	case 4, 5:
		return d.spoil([]byte{2, byte(d.IntN(3)), byte(d.IntN(4)), byte(one(d.emitter, 0, 0, 0, 0x10))})
	case 6:
		return d.spoil([]byte{3, byte(d.IntN(2))})
	case 7:
		d.unsure()
		return d.spoil([]byte{4, byte(d.IntN(3)), byte(d.IntN(3)), 0})
	}
	return d.spoil(binary.LittleEndian.AppendUint64([]byte{byte(5 + d.IntN(3)), byte(d.IntN(2))}, uint64(d.IntN(4))))
}

// macList is a table of a few addresses.
func (d *driver) macList(first byte) []byte {
	n := one(d.emitter, 0, 1, 2, 3, 70)
	out := binary.LittleEndian.AppendUint32(nil, uint32(n))
	for i := range n {
		if first == 0x01 {
			out = append(out, 0x01, 0x00, 0x5e, 0, 0, byte(i))
		} else {
			out = append(out, 0x52, 0x54, 0, 0, 0, byte(i))
		}
	}
	return out
}

// spoil makes a command too short or too long, sometimes.
func (d *driver) spoil(c []byte) []byte {
	switch d.IntN(12) {
	case 0:
		return append(c, 0xaa)
	case 1:
		return c[:max(2, len(c)-1)]
	}
	return c
}
