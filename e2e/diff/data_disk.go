package main

import "encoding/binary"

// Request types (5.2.6).
const (
	diskIn          = 0
	diskOut         = 1
	diskSCSI        = 2
	diskFlush       = 4
	diskGetID       = 8
	diskDiscard     = 11
	diskWriteZeroes = 13
	diskBarrier     = 1 << 31
)

const (
	sectorSize  = 512
	diskSectors = diskSize / sectorSize
)

// diskRequest is one request, right or wrong, in any layout.
func (d *driver) diskRequest() bool {
	q := d.IntN(len(d.queues))
	if d.full(q, 2) {
		return false
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	kind := one[uint32](d.emitter, diskIn, diskIn, diskIn, diskOut, diskOut, diskOut, diskFlush, diskGetID, diskDiscard, diskDiscard,
		diskWriteZeroes, diskWriteZeroes, diskSCSI, 3, 5, 10, 12, 14, 16, 0xffff, diskIn|diskBarrier, diskOut|diskBarrier)
	buffer := d.offer(r, d.header(kind, d.aSector()), d.outData(kind), d.inRoom(kind))
	d.kick(q)
	r.await()
	d.settle(q)
	d.bytes(buffer.addr, int(buffer.len), "disk-buffer")
	r.done()
	return true
}

// offer adds a chain: what the device reads, and room for what it writes with the status at its end.
func (d *driver) offer(r ring, header, data []byte, in int) segment {
	out := append(header, data...)
	at, buffer := d.allocate(len(out)), segment{d.allocate(in + 1), uint32(in + 1), true}
	d.setBytes(at, out, "request")
	d.emit("", "memset %#x %#x 0xee", buffer.addr, buffer.len)
	pieces := min(r.room()/2, 6)
	if binary.LittleEndian.Uint32(header)&^diskBarrier&^diskOut == diskSCSI {
		d.left("no-scsi")
		pieces = min(pieces, 1)
	}
	chain := append(d.chain(at, len(out), pieces, false), d.chain(buffer.addr, in+1, pieces, true)...)
	r.add(chain, d.indirectly())
	return buffer
}

func (d *driver) header(kind uint32, sector uint64) []byte {
	h := binary.LittleEndian.AppendUint32(nil, kind)
	h = binary.LittleEndian.AppendUint32(h, d.Uint32())
	return binary.LittleEndian.AppendUint64(h, sector)
}

// aSector is mostly on the disk, and mostly where a disk of large blocks has one.
func (d *driver) aSector() uint64 {
	s := d.Uint64N(diskSectors)
	if d.chance(60) {
		s &^= 7
	}
	return one(d.emitter, s, s, s, s, s, 0, diskSectors-1, diskSectors-8, diskSectors, diskSectors+8, d.Uint64(), 1<<63-1, 1<<55)
}

// aLength is mostly a number of blocks.
func (d *driver) aLength() int {
	return one(d.emitter, 512, 512, 1024, 4096, 4096, 8192, 512*d.IntN(33), 4096*d.IntN(9), 0, 1+d.IntN(2000))
}

func (d *driver) outData(kind uint32) []byte {
	n := 0
	switch kind &^ diskBarrier {
	case diskOut:
		n = d.aLength()
	case diskDiscard, diskWriteZeroes:
		return d.extent()
	default:
		n = one(d.emitter, 0, 0, 0, d.IntN(64))
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return b
}

// inRoom is how much the device may write before the status.
func (d *driver) inRoom(kind uint32) int {
	switch kind &^ diskBarrier {
	case diskIn:
		return d.aLength()
	case diskGetID:
		return one(d.emitter, 20, 20, 20, 0, 1, 19, 21, 64)
	}
	return one(d.emitter, 0, 0, 0, d.IntN(64))
}

// extent is a struct virtio_blk_discard_write_zeroes, or two: the device takes one.
func (d *driver) extent() (b []byte) {
	for range one(d.emitter, 1, 1, 1, 1, 1, 1, 2) {
		b = binary.LittleEndian.AppendUint64(b, d.aSector())
		b = binary.LittleEndian.AppendUint32(b, one(d.emitter, 8, 8, 1, 16, 64, d.Uint32N(200), 0, d.Uint32(), 0xffffffff))
		b = binary.LittleEndian.AppendUint32(b, one[uint32](d.emitter, 0, 0, 0, 1, 1, 2, 3, 0x80000000))
	}
	return b
}

// diskReads are several requests under one notification. They change nothing, and a split ring shows each where it was used.
func (d *driver) diskReads() bool {
	q := d.IntN(len(d.queues))
	n := 2 + d.IntN(3)
	if d.has(featurePacked) {
		return d.diskRequest() // there the order in which they end moves the places of the ones behind
	}
	if d.full(q, 16*n) {
		return d.diskRequest()
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	var buffers []segment
	for range n {
		buffers = append(buffers, d.offer(r, d.header(one[uint32](d.emitter, diskIn, diskIn, diskGetID), d.aSector()), nil, d.aLength()))
	}
	d.kick(q)
	r.await()
	d.settleTogether(q)
	for _, b := range buffers {
		d.bytes(b.addr, int(b.len), "disk-buffer")
	}
	r.done()
	return true
}

// settleTogether is settle for requests that were under way at the same time. Entries that both have in another order are forgotten:
// they are no difference of what comes later.
func (d *driver) settleTogether(q int) {
	first := len(d.steps)
	d.settle(q)
	for i := first; i < len(d.steps); i++ {
		if d.steps[i].note == "used" {
			d.steps[i].note = "used together"
		}
	}
	if r, ok := d.queues[q].(*splitRing); ok {
		d.emit("", "memset %#x %#x 0x0", r.used+4, 8*r.size)
	}
}

// diskMistake is a chain that is no request; a disk stops over it.
func (d *driver) diskMistake() bool {
	q := d.IntN(len(d.queues))
	if d.full(q, 2) {
		return false
	}
	at := d.allocate(64)
	d.setBytes(at, append(d.header(one[uint32](d.emitter, diskIn, diskOut, diskDiscard), 0), make([]byte, 48)...), "request")
	in, header := segment{at + 48, 1, true}, segment{at, 16, false}
	kinds := 5
	if d.has(featurePacked) {
		d.left("no-packed-disorder")
		kinds = 4
	}
	switch d.IntN(kinds) {
	case 0:
		d.queues[q].add([]segment{header}, false) // no status
	case 1:
		d.queues[q].add([]segment{in}, false)
	case 2:
		d.queues[q].add([]segment{{at, 1 + d.Uint32N(15), false}, in}, false)
	case 3:
		d.setBytes(at, d.header(one[uint32](d.emitter, diskDiscard, diskWriteZeroes), 0), "request")
		d.queues[q].add([]segment{{at, 16 + d.Uint32N(16), false}, in}, d.indirectly())
	default:
		d.queues[q].add([]segment{in, header}, false)
	}
	d.kick(q)
	d.settle(q)
	d.begin()
	return true
}

// compareFiles looks at what lies on the two disks.
func (d *driver) compareFiles() bool {
	d.emit("", "%s", verbFiles)
	return true
}
