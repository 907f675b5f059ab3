package main

// Feature bits that decide how a script drives the device.
const (
	featureGuestCsum     = 1 << 1
	featureMTU           = 1 << 3
	featureGuestTSO4     = 1 << 7
	featureGuestTSO6     = 1 << 8
	featureMRG           = 1 << 15
	featureCtrlVQ        = 1 << 17
	featureMQ            = 1 << 22
	featureNotifyOnEmpty = 1 << 24
	featureIndirect      = 1 << 28
	featureEventIdx      = 1 << 29
	featureBad           = 1 << 30
	featureVersion1      = 1 << 32
	featurePlatform      = 1 << 33
	featurePacked        = 1 << 34
	featureHashReport    = 1 << 57
	featureRSS           = 1 << 60
	featureRSC           = 1 << 61

	legacyOnly = 1<<6 | 1<<24 | 1<<27 // not in device_feature, though a legacy driver sees them
)

// Memory of the data path. Each function has a window of its own.
const (
	functionMemory = 0x02000000 // of the first; rings first, then messages, then buffers
	functionStride = 0x02800000
	queueStride    = 0x00010000
	bufferOffset   = 0x00100000
)

// A driver is one negotiation of a network card and what follows it, until the next reset.
type driver struct {
	*function
	role     *role
	peer     int
	nth      int
	legacy   bool
	accepted uint64
	msi      bool
	queues   []ring // by queue
	buffers  uint64 // where the next buffer goes
	mac      [6]byte
	size     int          // of the first queue, if it is not the default
	mtu      int          // host_mtu
	rsc      bool         // rsc_interval is long
	ports    []port       // of a serial device; a peer each
	open     map[int]bool // ports that the driver has open
	pairs    int          // of queues that are in use, as far as is certain
	steered  bool         // frames may be hashed
	reported bool         // the last driver with VERSION_1 accepted HASH_REPORT
}

func (d *driver) has(f uint64) bool { return d.accepted&f != 0 }

// headerLen is the length of struct virtio_net_hdr that the features mean (5.1.6.1).
func (d *driver) headerLen() int {
	switch {
	case d.has(featureHashReport):
		return 20
	case d.has(featureVersion1), d.has(featureMRG):
		return 12
	}
	return 10
}

func (d *driver) memory() uint64 { return functionMemory + uint64(d.nth)*functionStride }

// begin resets the device and brings it to DRIVER_OK with other features and rings than before.
func (d *driver) begin() {
	d.unsteer()
	first := len(d.steps)
	d.start()
	for i := first; i < len(d.steps); i++ {
		d.steps[i].note += " " + noteSetUp
	}
	d.steps[first].note += " " + noteLife
}

func (d *driver) start() {
	d.legacy = d.layout.legacy() && (!d.modern() || d.chance(40))
	d.buffers = d.memory() + bufferOffset
	d.mac = [6]byte{0x52, 0x54, 0, 0x12, 0x34, 0x56 + byte(d.nth)}
	d.choose()
	d.msi = d.msix != 0 && d.chance(50)
	d.interrupts()
	if d.legacy {
		d.beginLegacy()
	} else {
		d.beginModern()
	}
	if d.role.first != nil {
		d.role.first(d)
	}
}

// choose takes most of what is offered.
func (d *driver) choose() {
	offered := d.offered
	if d.legacy {
		offered = offered&0xffffffff | legacyOnly
	}
	d.accepted = offered & (d.Uint64() | d.Uint64()) &^ featureBad
	if d.has(featureEventIdx) && d.has(featureNotifyOnEmpty) {
		d.accepted &^= featureNotifyOnEmpty
		d.left("no-notify-on-empty")
	}
	if !d.legacy {
		d.accepted |= offered & (featureVersion1 | featurePlatform)
		d.reported = d.has(featureHashReport)
	}
}

// interrupts switches MSI-X on or off and gives each vector a message.
func (d *driver) interrupts() {
	if d.msix == 0 {
		return
	}
	control := uint64(0)
	if d.msi {
		control = msixEnable
		for v := range uint64(min(d.vectors, 4)) {
			at := d.bars[1].at + 16*v
			d.store(at, 4, d.messages()+4*v, "msix")
			d.store(at+4, 4, 0, "msix")
			d.store(at+8, 4, 0x5a5a0001+v, "msix")
			d.store(at+12, 4, 0, "msix")
		}
	}
	d.setConfig(d.slot, d.msix+2, 2, control, "msix")
	d.clearMessages()
}

func (d *driver) messages() uint64 { return d.memory() + bufferOffset - 0x1000 }
func (d *driver) clearMessages()   { d.emit("", "memset %#x 0x10 0x0", d.messages()) }

func (d *driver) beginModern() {
	d.negotiate(d.accepted)
	d.set("device_status", 0x0b)
	d.get("device_status")
	if d.msi {
		d.set("config_msix_vector", 0)
	}
	d.openQueues()
	d.set("device_status", 0x0f)
	d.get("device_status")
}

// negotiate is a modern driver's way until FEATURES_OK.
func (d *driver) negotiate(features uint64) {
	d.set("device_status", 0)
	d.set("device_status", 3)
	for w := range uint64(2) {
		d.set("driver_feature_select", w)
		d.set("driver_feature", features>>(32*w))
	}
}

func (d *driver) beginLegacy() {
	d.unreport()
	d.setOld("status", 0)
	d.setOld("status", 1)
	d.setOld("status", 3)
	d.setOld("guest_features", d.accepted)
	d.getOld("guest_features")
	if d.msi {
		d.setOld("config_vector", 0)
	}
	d.openQueues()
	d.setOld("status", 7)
	d.getOld("status")
}

func (d *driver) openQueues() {
	d.queues, d.pairs = nil, 1
	for q, size := range d.role.queues(d) {
		d.queues = append(d.queues, d.openQueue(q, size))
	}
}

// openQueue: size is what a legacy driver cannot change.
func (d *driver) openQueue(q, size int) ring {
	base := d.memory() + uint64(q)*queueStride
	d.emit("", "memset %#x %#x 0x0", base, queueStride)
	if d.legacy {
		return d.openLegacyQueue(q, size, base)
	}
	switch {
	case size <= 8: // an entropy source has no larger one
	case d.chance(50):
		size = one(d.emitter, 256, 128, 64, 16, 8, 4, 100, 37, 2)
	}
	d.set("queue_select", uint64(q))
	d.set("queue_size", uint64(size))
	r := newSplitRing(d, size, d.crooked(base), d.crooked(base+0x8000), d.crooked(base+0xc000))
	d.set("queue_desc", r.desc)
	d.set("queue_driver", r.avail)
	d.set("queue_device", r.used)
	d.setQueueVector(q)
	d.set("queue_enable", 1)
	if d.has(featurePacked) {
		return newPackedRing(d, size, r.desc, r.avail, r.used)
	}
	return r
}

// crooked is sometimes an address to which a driver must not align (2.7, 2.8); the device serves it all the same.
func (d *driver) crooked(at uint64) uint64 {
	if d.chance(4) {
		at += uint64(1 + d.IntN(15))
	}
	return at
}

func (d *driver) openLegacyQueue(q, size int, base uint64) ring {
	d.setOld("queue_sel", uint64(q))
	d.getOld("queue_num")
	d.setOld("queue_pfn", base>>12)
	if d.msi {
		d.setOld("queue_vector", d.queueVector(q))
	}
	avail := base + 16*uint64(size)
	used := (avail + 2*(3+uint64(size)) + 0xfff) &^ 0xfff
	return newSplitRing(d, size, base, avail, used)
}

func (d *driver) setQueueVector(q int) {
	if d.msi {
		d.set("queue_msix_vector", d.queueVector(q))
	}
}

// queueVector is one of the first four, whose messages are looked at.
func (d *driver) queueVector(q int) uint64 { return uint64(min(1+q%3, d.vectors-1)) }

// kick notifies a queue in one of the ways there are.
func (d *driver) kick(q int) {
	switch {
	case d.legacy:
		d.setLegacy(16, 2, uint64(q), "notify")
	case d.pio.at != 0 && d.chance(50):
		d.out(d.bars[d.pio.bar].at, 2, uint64(q), "notify")
	default:
		d.store(d.addr(capNotify)+uint64(q)*d.vendor[capNotify].multiplier, 2, uint64(q), "notify")
	}
}

// settle is the end of a scenario: what happened to the queues, and who was told.
func (d *driver) settle(queues ...int) {
	d.emit("", verbFence)
	for _, q := range queues {
		d.queues[q].look()
	}
	if len(queues) > 1 { // the interrupt of one could come when that of another has been read
		d.emit("", verbRest)
	}
	event := ""
	if d.has(featurePacked) && d.has(featureEventIdx) {
		event = " packed-event"
	}
	if d.legacy {
		d.getOld("status")
		d.getOld("isr")
	} else {
		d.get("device_status")
		d.load(d.addr(capISR), 1, "isr"+event)
	}
	if d.msi {
		d.bytes(d.messages(), 16, "message"+event)
		d.clearMessages()
	}
}
