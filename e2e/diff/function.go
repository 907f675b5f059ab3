package main

// A function is a virtio function as a script drives it: accesses to its registers by what they are.
type function struct {
	*emitter
	*layout
	tap int // queues of a card's tap; 0 is a socket
}

// place puts the BARs where the layout says, and switches decoding and bus master on.
func (f *function) place() {
	for n := range f.bars {
		f.placeBAR(n)
	}
	f.setConfig(f.slot, 4, 2, 7, "COMMAND")
}

func (f *function) placeBAR(n int) {
	if b := f.bars[n]; b.size != 0 && n != romBAR {
		f.setConfig(f.slot, barOffset(n), 4, b.at, "BAR")
		if !b.io && f.config64(n) {
			f.setConfig(f.slot, barOffset(n)+4, 4, 0, "BAR")
		}
	}
}

// config64 says that the BAR takes two registers: of virtio's only the modern one does.
func (f *function) config64(n int) bool { return n == 4 }

// getLegacy and setLegacy access BAR0.
func (f *function) getLegacy(off uint64, size int, note string) { f.in(f.bars[0].at+off, size, note) }
func (f *function) setLegacy(off uint64, size int, v uint64, note string) {
	f.out(f.bars[0].at+off, size, v, note)
}

// A field is a register of the common configuration structure or of the legacy block.
type field struct {
	name string
	off  uint64
	size int
}

var commonFields = []field{
	{"device_feature_select", 0x00, 4}, {"device_feature", 0x04, 4}, {"driver_feature_select", 0x08, 4}, {"driver_feature", 0x0c, 4},
	{"config_msix_vector", 0x10, 2}, {"num_queues", 0x12, 2}, {"device_status", 0x14, 1}, {"config_generation", 0x15, 1},
	{"queue_select", 0x16, 2}, {"queue_size", 0x18, 2}, {"queue_msix_vector", 0x1a, 2}, {"queue_enable", 0x1c, 2}, {"queue_notify_off", 0x1e, 2},
	{"queue_desc", 0x20, 4}, {"queue_desc_high", 0x24, 4}, {"queue_driver", 0x28, 4}, {"queue_driver_high", 0x2c, 4},
	{"queue_device", 0x30, 4}, {"queue_device_high", 0x34, 4}, {"queue_notify_data", 0x38, 2}, {"queue_reset", 0x3a, 2},
}

var legacyFields = []field{
	{"host_features", 0, 4}, {"guest_features", 4, 4}, {"queue_pfn", 8, 4}, {"queue_num", 12, 2}, {"queue_sel", 14, 2},
	{"status", 18, 1}, {"isr", 19, 1}, {"config_vector", 20, 2}, {"queue_vector", 22, 2},
}

func fieldNamed(fields []field, name string) field {
	for _, f := range fields {
		if f.name == name {
			return f
		}
	}
	panic("no field " + name)
}

func (f *function) get(name string) {
	r := fieldNamed(commonFields, name)
	f.load(f.addr(capCommon)+r.off, r.size, name)
}

func (f *function) set(name string, v uint64) {
	r := fieldNamed(commonFields, name)
	f.store(f.addr(capCommon)+r.off, r.size, f.final(name, v), name)
}

// final is a status with which the features of a card of several queue pairs are final.
func (f *function) final(name string, v uint64) uint64 {
	const featuresOK, driverOK = 8, 4
	if f.tap < 2 || name != "device_status" && name != "status" || v&(driverOK|featuresOK) != driverOK {
		return v
	}
	f.left("no-late-features")
	return v | featuresOK
}

func (f *function) getOld(name string) {
	r := fieldNamed(legacyFields, name)
	f.getLegacy(r.off, r.size, name)
}

func (f *function) setOld(name string, v uint64) {
	r := fieldNamed(legacyFields, name)
	f.setLegacy(r.off, r.size, f.final(name, v), name)
}

// dump reads every register of both interfaces but the ISR, whose read changes it.
func (f *function) dump() {
	if f.modern() {
		for _, r := range commonFields {
			f.get(r.name)
		}
	}
	if f.legacy() {
		for _, r := range legacyFields {
			if r.name != "isr" {
				f.getOld(r.name)
			}
		}
	}
}

func (f *function) readISR() {
	if f.modern() && (!f.legacy() || f.chance(50)) {
		f.load(f.addr(capISR), 1, "isr")
	} else {
		f.getOld("isr")
	}
}
