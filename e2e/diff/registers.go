package main

// An episode is a few accesses that belong together, as a driver or a firmware makes them, with deviations.
type episode struct {
	weight int
	needs  func(*layout) bool // nil: always possible
	play   func(*function)
}

func isModern(l *layout) bool  { return l.modern() }
func isLegacy(l *layout) bool  { return l.legacy() }
func hasVector(l *layout) bool { return l.msix != 0 }

var episodes = []episode{
	{10, nil, (*function).readSomeConfig},
	{4, nil, (*function).writeSomeConfig},
	{5, nil, (*function).sizeBAR},
	{5, nil, (*function).moveBAR},
	{5, nil, (*function).toggleCommand},
	{14, isModern, (*function).negotiate},
	{12, isModern, (*function).touchCommon},
	{6, isModern, (*function).oddCommon},
	{8, isModern, (*function).setUpQueue},
	{10, isLegacy, (*function).negotiateLegacy},
	{8, isLegacy, (*function).touchLegacy},
	{8, nil, (*function).touchDeviceConfig},
	{6, nil, (*function).readISR},
	{5, nil, (*function).kick},
	{8, hasVector, (*function).touchMSIX},
	{6, hasVector, (*function).useVectors},
	{6, isModern, (*function).window},
	{4, nil, (*function).resetDevice},
	{4, nil, (*function).dump},
	{2, isModern, (*function).breakDevice},
}

// registerScript is n accesses, or a few more.
func registerScript(seed uint64, c *configuration, layouts []*layout, n int) *script {
	e := newEmitter(seed, c, registers)
	var fs []*function
	for _, l := range layouts {
		f := &function{e, l, c.tap}
		f.wholeConfig()
		for b := range l.bars {
			f.sizeRegister(b)
		}
		f.place()
		fs = append(fs, f)
	}
	for accesses(e.steps) < n {
		f := one(e, fs...)
		f.pick().play(f)
		if f.chance(8) {
			f.place() // what an episode moved away comes back
		}
	}
	return &script{c.name, registers, e.steps}
}

func (f *function) pick() episode {
	total := 0
	for _, ep := range episodes {
		if ep.needs == nil || ep.needs(f.layout) {
			total += ep.weight
		}
	}
	at := f.IntN(total)
	for _, ep := range episodes {
		if ep.needs != nil && !ep.needs(f.layout) {
			continue
		}
		if at -= ep.weight; at < 0 {
			return ep
		}
	}
	panic("weights do not add up")
}

func (f *function) wholeConfig() {
	for off := 0; off < 256; off += 4 {
		f.config(f.slot, off, 4, "config")
	}
}

func (f *function) readSomeConfig() {
	for range 1 + f.IntN(4) {
		size := one(f.emitter, 1, 2, 4)
		off := f.IntN(256)
		if f.chance(70) {
			off &^= size - 1
		}
		f.config(f.slot, off, size-f.over(off, size), "config")
	}
}

// over is how much of an access must go for it to end inside configuration space and inside the data port.
func (f *function) over(off, size int) int {
	for off&3+size > 4 {
		size /= 2
		return f.over(off, size) + size
	}
	return 0
}

// writeSomeConfig writes where nothing moves or switches: identities, storage, capability fields.
func (f *function) writeSomeConfig() {
	for range 1 + f.IntN(3) {
		size := one(f.emitter, 1, 2, 4)
		off := one(f.emitter, 0, 8, 0x0c, 0x2c, 0x34, 0x3c, 0x40+4*f.IntN(48)) + f.IntN(4)&^(size-1)
		if f.msix != 0 && off&^3 == f.msix {
			continue // enabling MSI-X moves the legacy registers: touchMSIX does that
		}
		f.setConfig(f.slot, off, size, f.Uint64(), "config")
		f.config(f.slot, off&^3, 4, "config")
	}
}

func (f *function) sizeBAR() { f.sizeRegister(f.IntN(romBAR + 1)) }

func (f *function) sizeRegister(n int) {
	f.setConfig(f.slot, barOffset(n), 4, 0xffffffff, "BAR")
	f.config(f.slot, barOffset(n), 4, "BAR")
	if n == romBAR {
		f.setConfig(f.slot, barOffset(n), 4, 0, "BAR")
		return
	}
	f.setConfig(f.slot, barOffset(n), 4, f.bars[n].at, "BAR")
	f.config(f.slot, barOffset(n), 4, "BAR")
}

func (f *function) moveBAR() {
	n := f.IntN(romBAR)
	b := f.bars[n]
	if b.size == 0 {
		return
	}
	to := b.at + b.size*uint64(f.IntN(3))
	if f.chance(20) {
		to |= uint64(f.IntN(int(min(b.size, 1<<20)))) // bits that an address does not have
	}
	f.setConfig(f.slot, barOffset(n), 4, to, "BAR")
	f.config(f.slot, barOffset(n), 4, "BAR")
	if b.io {
		f.in(to&^(b.size-1)+b.size/2, 1, "moved")
		f.in(b.at, 4, "moved")
	} else {
		f.load(to&^(b.size-1), 4, "moved")
		f.load(b.at, 4, "moved")
	}
	if f.chance(80) {
		f.placeBAR(n)
	}
}

func (f *function) toggleCommand() {
	size := one(f.emitter, 1, 2, 2, 4)
	f.setConfig(f.slot, 4, size, one[uint64](f.emitter, 7, 3, 6, 5, 0, 0x407, 0x507, 0xffff, 0x103), "COMMAND")
	f.config(f.slot, 4, 4, "COMMAND")
	f.dump()
	if f.chance(90) {
		f.setConfig(f.slot, 4, 2, 7, "COMMAND")
	}
}

func (f *function) touchDeviceConfig() {
	for range 1 + f.IntN(3) {
		size := one(f.emitter, 1, 2, 4)
		off := uint64(f.IntN(32))
		if f.chance(70) {
			off &^= uint64(size - 1)
		}
		write := f.chance(25)
		switch {
		case f.modern() && (!f.legacy() || f.chance(60)):
			f.touchMemory(f.addr(capDevice)+off, size, write, "device-config")
		case write:
			f.setLegacy(20+off%12, size, f.Uint64(), "device-config")
		default:
			f.getLegacy(20+off%12, size, "device-config")
		}
	}
}

func (f *function) touchMemory(addr uint64, size int, write bool, note string) {
	if write {
		f.store(addr, size, f.Uint64(), note)
	} else {
		f.load(addr, size, note)
	}
}

func (f *function) kick() {
	q := uint64(f.IntN(6))
	switch {
	case f.pio.at != 0 && f.chance(40):
		f.out(f.bars[f.pio.bar].at, 2, q, "notify")
	case f.modern() && (!f.legacy() || f.chance(60)):
		f.store(f.addr(capNotify)+q*f.vendor[capNotify].multiplier, one(f.emitter, 2, 2, 4, 1), q, "notify")
	case f.legacy():
		f.setLegacy(16, 2, q, "notify")
	}
}

func (f *function) resetDevice() {
	switch {
	case f.modern() && (!f.legacy() || f.chance(50)):
		f.set("device_status", 0)
	case f.chance(30):
		f.setOld("queue_pfn", 0)
	default:
		f.setOld("status", 0)
	}
	f.dump()
}

// breakDevice does what a driver must not: QEMU sets DEVICE_NEEDS_RESET.
func (f *function) breakDevice() {
	f.set("queue_select", uint64(f.IntN(4)))
	f.set("queue_enable", one[uint64](f.emitter, 0, 2, 0xffff))
	f.dump()
	f.readISR()
	if f.chance(80) {
		f.resetDevice()
	}
}
