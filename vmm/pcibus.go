package vmm

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/boot/acpi"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

// A function is a virtio device in its slot, and what it has there.
type function struct {
	Device    // Slot is where it is
	transport *virtiopci.Transport
	messages  messages
	pin       pin
	owner     atomic.Pointer[pc] // who is told of its faults
}

func (c *function) fault(err error) { c.owner.Load().fault(err) }

// plugDevices puts those virtio devices on PCI that are not there yet: none or all.
func (m *pc) plugDevices() error {
	m.closing(m.unplugAll)
	for i, d := range m.c.Devices[len(m.functions):] {
		if _, err := m.plug(d, false); err != nil {
			return fmt.Errorf("vmm: device %d: %w", i, err)
		}
	}
	return nil
}

// plug puts a device into a slot. hot says that the guest may have looked there already.
func (m *pc) plug(d Device, hot bool) (_ *function, err error) {
	c := &function{Device: d, messages: m.accel.messages()}
	c.owner.Store(m)
	c.transport, err = virtiopci.New(virtiopci.Config{
		Device: d.Device, Memory: m.ram, DisableLegacy: d.DisableLegacy, DisableModern: d.DisableModern,
		Vectors: d.Vectors, MSI: c.messages, ROMSize: d.romSize(), ModernPIONotify: d.ModernPIONotify, PagePerVQ: d.PagePerVQ, Multifunction: d.Multifunction,
		Notifier: m.notifier(d.IOEventFD), OnFault: c.fault, Log: m.c.Log,
	})
	if err != nil {
		return nil, err
	}
	m.plugging.Lock()
	defer m.plugging.Unlock()
	if c.Slot, err = m.pci.Place(d.Slot, d.Func, hot, c.transport.Function()); err != nil {
		c.close()
		return nil, err
	}
	if err := m.connect(c); err != nil {
		m.pci.DetachAt(c.Slot, c.Func)
		c.close()
		return nil, err
	}
	m.functions = append(m.functions, c)
	return c, nil
}

// connect joins the function's INTx pin to the wire of its slot.
func (m *pc) connect(c *function) (err error) {
	if c.pin, err = m.accel.intx(c.Slot, 0); err == nil {
		c.transport.Function().SetPin(c.pin)
	}
	return err
}

// close ends the device. No access to it may be under way.
func (c *function) close() {
	c.transport.Close() // first: until it has returned the device interrupts, and writes to eventfds
	c.messages.close()
	if c.pin != nil {
		c.pin.close()
	}
}

// unplug takes the functions out of a slot, and returns them, the last that came first. The caller closes them.
func (m *pc) unplug(slot int) (out []*function) {
	m.plugging.Lock()
	defer m.plugging.Unlock()
	for i, c := range slices.Backward(m.functions) {
		if c.Slot != slot {
			continue
		}
		out = append(out, c)
		m.functions = slices.Delete(m.functions, i, i+1)
		m.pci.DetachAt(c.Slot, c.Func)
	}
	return out
}

func (m *pc) unplugAll() error {
	for _, c := range slices.Backward(m.functions) {
		c.close()
	}
	m.functions = nil
	return nil
}

// plugged are the devices that are there.
func (m *pc) plugged() (all []Device) {
	m.plugging.Lock()
	defer m.plugging.Unlock()
	for _, c := range m.functions {
		all = append(all, c.Device)
	}
	return all
}

// romSize is the size of the option ROM that QEMU's network cards have; ours is empty, for nothing would run it.
func (d *Device) romSize() uint64 {
	if d.ROM {
		return 256 << 10
	}
	return 0
}

// assignPCI does what a BIOS does: a kernel that is booted directly finds its BARs in place. A client of qtest is its own BIOS.
func (m *pc) assignPCI() error {
	if m.c.Accel == QTest {
		return nil
	}
	return m.pci.AssignResources(pioBase, pioEnd, boot.PCIBase, boot.PCIEnd, func(slot, pin int) int {
		return acpi.PinGSI(slot, pin-1) // PCI counts pins from 1, ACPI from 0
	})
}

func (m *pc) notifier(on bool) virtiopci.Notifier {
	if !on {
		return nil
	}
	return m.accel.notifier()
}
