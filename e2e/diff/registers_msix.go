package main

const (
	msixEnable = 0x8000
	msixMask   = 0x4000
)

// vector is a row of the table that a driver of few queues uses.
func (f *function) vector() uint64 { return uint64(f.IntN(min(f.vectors, 6))) }

func (f *function) touchMSIX() {
	table := f.bars[1].at
	for range 1 + f.IntN(4) {
		switch f.IntN(8) {
		case 0:
			f.setConfig(f.slot, f.msix+2, 2, one[uint64](f.emitter, msixEnable, msixEnable, msixEnable|msixMask, 0, msixMask, 0xffff), "msix")
			f.config(f.slot, f.msix, 4, "msix")
		case 1:
			f.setConfig(f.slot, f.msix, 4, one[uint64](f.emitter, msixEnable, 0)<<16|f.Uint64()&0xffff, "msix")
			f.config(f.slot, f.msix, 4, "msix")
		case 2:
			f.programVector(f.vector())
		case 3:
			f.store(table+16*f.vector()+12, 4, one[uint64](f.emitter, 0, 1, 1, 0xfffffffe, 0xffffffff), "msix")
		case 4:
			f.load(table+16*f.vector()+4*uint64(f.IntN(4)), one(f.emitter, 4, 4, 8, 2, 1), "msix")
		case 5: // behind the table, around the pending bits
			f.load(table+one[uint64](f.emitter, 0x800, 0x800, 0x804, 0x808, 0x7fc, 0x400, 0xffc), one(f.emitter, 4, 4, 8, 1), "msix")
		case 6:
			f.store(table+0x800, one(f.emitter, 4, 8), f.Uint64(), "msix")
		default:
			f.bytes(table+16*f.vector()+uint64(f.IntN(16)), 1+f.IntN(20), "msix")
		}
	}
}

func (f *function) programVector(v uint64) {
	at := f.bars[1].at + 16*v
	f.store(at, 4, messageMemory+0x1000*uint64(f.slot)+4*v, "msix")
	f.store(at+4, 4, 0, "msix")
	f.store(at+8, 4, 0xc0de0000|f.Uint64N(0x10000), "msix")
	if f.chance(70) {
		f.store(at+12, 4, 0, "msix")
	}
}

// useVectors is a driver that gives an event a vector, and an event: QEMU's only one without a running machine is its complaint
// about queue_enable.
func (f *function) useVectors() {
	if !f.modern() {
		f.touchMSIX()
		return
	}
	v := f.vector()
	f.programVector(v)
	f.setConfig(f.slot, f.msix+2, 2, one[uint64](f.emitter, msixEnable, msixEnable, msixEnable|msixMask), "msix")
	f.set("config_msix_vector", v)
	f.get("config_msix_vector")
	if f.chance(40) {
		f.set("queue_enable", 0)
		f.get("device_status")
		f.readISR()
	}
	f.load(f.bars[1].at+f.pendingBits(), 8, "pending")
	if f.chance(50) {
		f.set("config_msix_vector", f.aVector())
		f.load(f.bars[1].at+f.pendingBits(), 8, "pending")
	}
	f.setConfig(f.slot, f.msix+2, 2, one[uint64](f.emitter, msixEnable, 0, msixEnable|msixMask), "msix")
	f.bytes(messageMemory+0x1000*uint64(f.slot), 4*min(f.vectors, 6), "message")
}

func (f *function) pendingBits() uint64 { return max(0x800, 16*uint64(f.vectors)) }
