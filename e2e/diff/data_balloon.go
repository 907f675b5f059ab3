package main

import (
	"encoding/binary"
	"fmt"
)

// Feature bits of a balloon (5.5.3), its queues, and its configuration space.
const (
	featureStats     = 1 << 1
	featurePoison    = 1 << 4
	featureReporting = 1 << 5

	inflateQueue = 0
	deflateQueue = 1
	statsQueue   = 2
	reportQueue  = 3

	balloonActual = 4
	balloonPoison = 12

	pageSize  = 4096
	machineMB = 128
)

// balloonPath is the device among QEMU's objects.
const balloonPath = "/machine/peripheral/balloon0"

func (d *driver) balloonQueues() []int {
	if d.offered&featureReporting != 0 {
		return []int{128, 128, 128, 32}
	}
	return []int{128, 128, 128}
}

// pages are n pages with something in them.
func (d *driver) pages(n int) (at uint64) {
	at = (d.allocate((n+1)*pageSize) + pageSize - 1) &^ (pageSize - 1)
	d.emit("", "memset %#x %#x %#x", at, n*pageSize, 1+d.IntN(255))
	return at
}

// giveUp inflates the balloon, or deflates it, with a list of page numbers, and looks what is in the pages then.
func (d *driver) giveUp() bool {
	q := one(d.emitter, inflateQueue, inflateQueue, deflateQueue)
	if d.full(q, 4) {
		return false
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	n := 1 + d.IntN(6)
	pages := d.pages(n)
	var list []byte
	for range 1 + d.IntN(8) {
		list = binary.LittleEndian.AppendUint32(list, d.pageNumber(pages, n))
	}
	list = append(list, make([]byte, one(d.emitter, 0, 0, 0, 1, 3))...) // no number
	at := d.allocate(len(list))
	d.setBytes(at, list, "pages")
	r.add(d.chain(at, len(list), min(3, r.room()), false), d.indirectly())
	d.kick(q)
	d.settle(q)
	r.done()
	for i := range n {
		d.bytes(pages+uint64(i)*pageSize, 16, "page")
		d.bytes(pages+uint64(i+1)*pageSize-16, 16, "page")
	}
	return true
}

// pageNumber is mostly of the given pages, else of none.
func (d *driver) pageNumber(pages uint64, n int) uint32 {
	if d.chance(10) {
		return one[uint32](d.emitter, machineMB<<8, machineMB<<8+77, 0xe4000, 0xffffffff, 0x00100000)
	}
	return uint32(pages/pageSize) + uint32(d.IntN(n))
}

// report says of pages that they are free: the buffers are the pages.
func (d *driver) report() bool {
	if !d.has(featureReporting) {
		return d.giveUp()
	}
	if d.full(reportQueue, 4) {
		return false
	}
	if d.has(featurePoison) && d.chance(30) {
		d.setDeviceConfig(balloonPoison, 4, uint64(one[uint32](d.emitter, 0, 0, 0xaa)))
	}
	r := d.queues[reportQueue]
	d.maybeQuiet(r)
	n := 1 + d.IntN(4)
	pages := d.pages(n)
	var chain []segment
	for i := range n {
		s := segment{pages + uint64(i)*pageSize, pageSize, true}
		if d.chance(15) {
			s.addr, s.len = s.addr+64, 2048 // no page
		}
		chain = append(chain, s)
	}
	r.add(chain[:min(len(chain), r.room())], d.indirectly())
	d.kick(reportQueue)
	d.settle(reportQueue)
	r.done()
	for i := range n {
		d.bytes(pages+uint64(i)*pageSize, 16, "page")
	}
	return true
}

// statistics offers numbers, which the device keeps, and gives back when there are others or it wants to know again.
func (d *driver) statistics() bool {
	if !d.has(featureStats) {
		return d.giveUp()
	}
	if d.full(statsQueue, 4) {
		return false
	}
	r := d.queues[statsQueue]
	d.maybeQuiet(r)
	var b []byte
	for range d.IntN(12) {
		b = binary.LittleEndian.AppendUint16(b, uint16(d.IntN(14)))
		b = binary.LittleEndian.AppendUint64(b, d.Uint64N(1<<50))
	}
	b = append(b, make([]byte, 1+d.IntN(9))...)
	at := d.allocate(len(b))
	d.setBytes(at, b, "stats")
	r.add(d.chain(at, len(b), 2, false), d.indirectly())
	d.kick(statsQueue)
	d.settle(statsQueue)
	d.ask(`{"execute": "qom-get", "arguments": {"path": "%s", "property": "guest-stats"}}`, balloonPath)
	if d.chance(50) {
		d.poll()
	}
	return true
}

// poll has the device ask for numbers, once.
func (d *driver) poll() {
	for _, seconds := range []int{100000 + d.IntN(1000), 0} {
		d.ask(`{"execute": "qom-set", "arguments": {"path": "%s", "property": "guest-stats-polling-interval", "value": %d}}`, balloonPath, seconds)
		d.settle(statsQueue)
	}
	d.queues[statsQueue].done()
}

// target is the host who wants memory, or gives it.
func (d *driver) target() bool {
	d.ask(`{"execute": "balloon", "arguments": {"value": %d}}`, one(d.emitter, d.Uint64N(machineMB<<20), machineMB<<20, 1<<40, 1))
	d.settle()
	for off := uint64(0); off < 8; off += 4 {
		d.deviceConfig(off, 4)
	}
	return true
}

// actually is the driver that says how much it has given up.
func (d *driver) actually() bool {
	d.setDeviceConfig(balloonActual, 4, uint64(one(d.emitter, 0, d.Uint32N(machineMB<<8), d.Uint32N(machineMB<<8))))
	d.deviceConfig(balloonActual, 4)
	d.ask(`{"execute": "query-balloon"}`)
	return true
}

func (d *driver) ask(format string, args ...any) {
	d.emit("", verbAsk+" %s", fmt.Sprintf(format, args...))
}
