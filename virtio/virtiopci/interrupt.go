package virtiopci

import "sync/atomic"

// noVector is VIRTIO_MSI_NO_VECTOR: an event that interrupts nobody.
const noVector = 0xffff

// The bits of the ISR (4.1.4.5).
const (
	isrQueue  = 0x01
	isrConfig = 0x02
)

// queueInterrupt makes the used buffer notification of queue i. It takes no lock while MSI-X is on.
func (t *Transport) queueInterrupt(i int) func() {
	vector := &t.queues[i].vector
	return func() { t.interrupt(isrQueue, vector.Load()) }
}

// configChanged is the configuration change notification. QEMU sets both ISR bits, and none before DRIVER_OK
// (virtio_notify_config); its own tests count on the first. A device that is broken, or has no bus master, interrupts nobody
// (virtio_notify_vector).
func (t *Transport) configChanged() {
	switch {
	case t.status.Load()&statusDriverOK == 0:
	case t.broken.Load() || t.disabled.Load():
		t.isr.Or(isrQueue | isrConfig)
	default:
		t.interrupt(isrQueue|isrConfig, t.configVector.Load())
	}
}

// complain is the configuration change notification of DEVICE_NEEDS_RESET, which comes before the device is broken (virtio_error).
func (t *Transport) complain() {
	if t.status.Load()&statusDriverOK != 0 {
		t.info.Config.Touch()
		t.configChanged()
	}
}

// interrupt sets ISR bits before it interrupts (4.1.4.5.1), with MSI-X too: Windows' crash dump driver polls them. With
// MSI-X on, an event without a vector is silent: there is no fall back to INTx.
func (t *Transport) interrupt(bits, vector uint32) {
	if t.isr.Load()&bits != bits { // a store would take the cache line from the other queues, mostly for nothing
		t.isr.Or(bits)
	}
	if t.vectored() {
		t.msix.Signal(int(vector)) // NO_VECTOR lies outside every table
	} else {
		t.updateLine()
	}
}

func (t *Transport) vectored() bool { return t.msix != nil && t.msix.Enabled() }

func (t *Transport) vectorCount() int {
	if t.msix == nil {
		return 0
	}
	return t.msix.Vectors()
}

// updateLine makes INTx follow the ISR. The lock is what keeps an interrupt that comes while a vCPU reads the ISR: whoever
// comes last sets the level of the ISR as it is then.
func (t *Transport) updateLine() {
	t.line.Lock()
	t.fn.SetLevel(t.isr.Load() != 0 && !t.vectored())
	t.line.Unlock()
}

// readISR reads and clears the ISR and lowers INTx.
func (t *Transport) readISR() uint32 {
	v := t.isr.Swap(0)
	t.updateLine()
	return v
}

// useVector is a driver's write to a vector register: a vector that does not exist becomes NO_VECTOR, by which the driver sees
// that the mapping failed (4.1.5.1.2.1). What a vector had to say is forgotten with its last user (msix_vector_unuse); a queue
// that was reset counts as a user until the device is reset, as in QEMU. The caller holds mu.
func (t *Transport) useVector(register *atomic.Uint32, v uint32) {
	n := uint32(t.vectorCount())
	if old := register.Load(); old < n {
		if t.vectorUsers[old]--; t.vectorUsers[old] == 0 {
			t.msix.ClearPending(int(old))
		}
	}
	if v < n {
		t.vectorUsers[v]++
	} else {
		v = noVector
	}
	register.Store(v)
}
