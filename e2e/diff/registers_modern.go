package main

// ringMemory is where scripts of registers put rings: RAM that is zero when a life begins, so that every queue is empty.
const (
	ringMemory = 0x01000000
	ringPages  = 1024
)

// messageMemory is where MSI messages go.
const messageMemory = 0x00200000

func (f *function) aStatus() uint64 {
	return one[uint64](f.emitter, 0, 1, 3, 3, 0x0b, 0x0b, 0x0f, 0x0f, 0x07, 0x04, 0x83, 0x0a, 0xff, 0x40)
}

// negotiate is a modern driver's initialisation (3.1.1): steps can be missing, doubled, or in another order.
func (f *function) negotiate() {
	steps := []func(){
		func() { f.set("device_status", 0) },
		f.emptyRings,
		func() { f.get("device_status") },
		func() { f.set("device_status", 1) },
		func() { f.set("device_status", 3) },
		func() { f.readFeatures() },
		func() { f.writeFeatures() },
		func() { f.set("device_status", 0x0b) },
		func() { f.get("device_status") },
		func() { f.get("num_queues") },
		func() { f.setUpQueue() },
		func() { f.setUpQueue() },
		func() { f.setUpQueue() },
		func() { f.set("device_status", 0x0f) },
		func() { f.get("device_status") },
	}
	deviant := f.chance(40)
	for i := 0; i < len(steps); i++ {
		if deviant && f.chance(12) {
			continue
		}
		if deviant && f.chance(8) {
			steps[f.IntN(len(steps))]()
		}
		if deviant && f.chance(6) {
			f.set("device_status", f.aStatus())
		}
		steps[i]()
	}
	if f.chance(30) {
		f.dump()
	}
}

func (f *function) readFeatures() {
	for w := range uint64(4) {
		f.set("device_feature_select", w)
		f.get("device_feature")
	}
}

// writeFeatures accepts some of what the low words can hold: mostly what a driver would, VERSION_1 almost always.
func (f *function) writeFeatures() {
	low := one(f.emitter, f.Uint64(), f.Uint64()|f.Uint64(), 0x30bf8024, 0x30ffffa7, 0x20, 0, 0xffffffff)
	high := one[uint64](f.emitter, 1, 1, 1, 0x101, 0x101, 0x105, 0x5, 0xffffffff, 0)
	order := []uint64{0, 1}
	if f.chance(20) {
		order = []uint64{1, 0}
	}
	for _, w := range order {
		f.set("driver_feature_select", w)
		f.set("driver_feature", [2]uint64{low, high}[w])
		f.get("driver_feature")
	}
	if f.chance(10) {
		f.set("driver_feature_select", one[uint64](f.emitter, 2, 3, 0xffffffff))
		f.set("driver_feature", f.Uint64())
		f.get("driver_feature")
	}
}

// emptyRings clears what devices left in rings, and at address 0, where a ring is that was given no address: what the next driver
// takes for its available ring could be an event suppression, and hold what the device wrote last before it was reset.
func (f *function) emptyRings() {
	if !f.ringless() {
		f.emit("empty rings", "memset %#x %#x 0x0", ringMemory, ringPages<<12)
		f.emit("empty rings", "memset 0x0 0x1000 0x0")
	}
}

// ringPage is a page of ringMemory; 0 where scripts give no rings.
func (f *function) ringPage() uint64 {
	page := ringMemory + uint64(f.IntN(ringPages))<<12
	if f.ringless() {
		return 0
	}
	return page
}

// ringless devices are disks, consoles, entropy sources and balloons: QEMU's serve their queues though the machine is stopped.
func (f *function) ringless() bool { return f.device >= 2 && f.device <= 5 }

func (f *function) aQueueSize() uint64 {
	return one[uint64](f.emitter, 256, 256, 128, 64, 8, 1, 2, 4, 100, 3, 512, 1024, 0, 1025, 2048, 32768, 65535)
}

func (f *function) setUpQueue() {
	f.set("queue_select", one[uint64](f.emitter, 0, 0, 1, 1, 2, 2, 3, 4, 5, 63, 1023, 1024, 65535))
	f.get("queue_size")
	if f.chance(60) {
		f.set("queue_size", f.aQueueSize())
		f.get("queue_size")
	}
	if f.chance(50) {
		f.set("queue_msix_vector", f.aVector())
		f.get("queue_msix_vector")
	}
	for _, name := range []string{"queue_desc", "queue_driver", "queue_device"} {
		if f.chance(90) {
			f.set(name, f.ringPage())
			f.set(name+"_high", 0)
		}
	}
	f.get("queue_notify_off")
	if f.chance(85) {
		f.set("queue_enable", 1)
		f.get("queue_enable")
	}
	if f.chance(10) {
		f.set("queue_reset", one[uint64](f.emitter, 1, 1, 1, 0, 2))
		f.get("queue_reset")
		f.dump()
	}
}

func (f *function) aVector() uint64 {
	return one(f.emitter, uint64(f.IntN(max(f.vectors, 1))), uint64(f.IntN(max(f.vectors, 1))), 0, uint64(f.vectors), 0xffff, 0x1000)
}

// touchCommon reads or writes one field with its own size.
func (f *function) touchCommon() {
	for range 1 + f.IntN(5) {
		r := one(f.emitter, commonFields...)
		if f.chance(65) {
			f.get(r.name)
			continue
		}
		f.set(r.name, f.valueFor(r.name))
		if f.chance(70) {
			f.get(r.name)
		}
	}
}

// valueFor is a value with which the field makes sense, more or less.
func (f *function) valueFor(name string) uint64 {
	switch name {
	case "device_status":
		return f.aStatus()
	case "queue_select":
		return uint64(f.IntN(8))
	case "queue_size":
		return f.aQueueSize()
	case "queue_msix_vector", "config_msix_vector":
		return f.aVector()
	case "queue_enable", "queue_reset":
		return 1
	case "device_feature_select", "driver_feature_select":
		return one[uint64](f.emitter, 0, 1, 2, 3, 4, 0xffffffff)
	case "queue_desc", "queue_driver", "queue_device":
		return f.ringPage()
	case "queue_desc_high", "queue_driver_high", "queue_device_high":
		return 0
	}
	return f.Uint64()
}

// oddCommon makes accesses that no register has the size or the place of.
func (f *function) oddCommon() {
	base := f.addr(capCommon)
	for range 1 + f.IntN(4) {
		switch off := uint64(f.IntN(0x48)); f.IntN(8) {
		case 0:
			f.load(base+off, 8, "odd")
		case 1:
			f.bytes(base+off, 1+f.IntN(16), "odd")
		case 2:
			f.load(base+off&^3, one(f.emitter, 1, 2, 4), "odd")
		case 3: // wider than the register, where the upper half is one that is read only or the same one
			f.store(base+one[uint64](f.emitter, 0x10, 0x16, 0x18, 0x1a), 4, f.aQueueSize()|f.Uint64()<<16, "odd")
		case 4:
			f.store(base+one[uint64](f.emitter, 0x00, 0x08, 0x24, 0x2c, 0x34), one(f.emitter, 1, 2), uint64(f.IntN(4)), "odd")
			f.store(base+one[uint64](f.emitter, 0x20, 0x28, 0x30), 2, f.Uint64(), "odd")
		case 5:
			f.store(base+0x40+off, one(f.emitter, 1, 2, 4), f.Uint64(), "odd")
			f.load(base+0x40+off, one(f.emitter, 1, 2, 4), "odd")
		case 6:
			f.load(f.addr(capNotify)+off, one(f.emitter, 1, 2, 4, 8), "odd")
		default:
			f.load(base+off, one(f.emitter, 1, 2, 4), "odd")
		}
	}
}

// window uses the PCI configuration access capability (4.1.4.9).
func (f *function) window() {
	at := f.vendor[capWindow].at
	if f.chance(30) {
		f.setConfig(f.slot, at+4, 1, uint64(f.IntN(8)), "window")
	}
	length := one[uint64](f.emitter, 1, 2, 4, 4, 4, 0, 3, 8, 0xffffffff)
	r := one(f.emitter, commonFields...)
	off := one(f.emitter, r.off, r.off, 0x1000, 0x2000+uint64(f.IntN(24)), f.Uint64N(0x40), 0x2ffe, 0x10000, 0xffffffff)
	if length > 4 || length == 3 || length == 0 {
		length = one(f.emitter, length, 4)
	}
	f.setConfig(f.slot, at+12, 4, length, "window")
	f.setConfig(f.slot, at+8, 4, off, "window")
	if f.chance(30) && off == r.off {
		f.setConfig(f.slot, at+16, int(min(length, 4))&^1|1&int(min(length, 1)), f.valueFor(r.name), "window "+r.name)
	}
	f.config(f.slot, at+16, one(f.emitter, 4, 4, 2, 1), "window "+r.name)
	f.config(f.slot, at+4, 4, "window")
	f.config(f.slot, at+16, 4, "window "+r.name)
}
