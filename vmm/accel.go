package vmm

import (
	"context"
	"time"

	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

// Accelerators, by QEMU's names.
const (
	KVM   = "kvm"   // vCPUs of the host's KVM; the default
	QTest = "qtest" // no CPU: a client of package qtest makes the accesses, and sees the interrupts
)

// An accelerator is what runs a PC: something makes accesses, by pc.port and pc.memory, and serves interrupts. It is made after
// the guest's RAM and before the devices.
type accelerator interface {
	processors
	interrupts

	// notifier makes kicks that need no access; nil if there is no such thing.
	notifier() virtiopci.Notifier
	// clock is what the guest's timers count; nil for the host's monotonic clock.
	clock() func() time.Duration

	// inherit takes over what outlives a reset.
	inherit(from accelerator)
	close() error
}

// processors are those who make accesses.
type processors interface {
	// load puts what the PC boots in its place.
	load(m *pc) error
	// run returns when ctx is done and nobody makes accesses any more. It begins paused if pause was called.
	run(ctx context.Context, m *pc)

	// pause returns when nobody makes accesses but for clients who do not mind (qtest's); resume undoes it.
	pause()
	resume()
	// quiet has f called once while no access is under way. It does not wait for that where an access may be what calls it.
	quiet(f func())
}

// interrupts carry what devices say to who listens.
type interrupts interface {
	// line is the wire of a platform device.
	line(gsi uint32) devices.Pin
	// intx is the wire of a pin (0 is INTA) of a PCI slot, which others may share.
	intx(slot, number int) (pin, error)
	// route says where the south bridge's PIRQs go from now on.
	route(pirqrc [pci.PIRQs]byte)
	// messages sends the MSI-X vectors of one function.
	messages() messages
}

// A pin is unplugged by close: no Set may come any more.
type pin interface {
	devices.Pin
	close()
}

// messages are given up by close: no Signal may come any more.
type messages interface {
	pci.MSI
	close()
}

// accelerate makes the accelerator that the configuration names.
func (m *pc) accelerate() (err error) {
	if m.c.Accel == QTest {
		m.accel = newQTest(m.ram)
	} else if m.accel, err = newKVM(m.c, m.ram); err != nil {
		return err
	}
	m.closing(m.accel.close)
	return nil
}
