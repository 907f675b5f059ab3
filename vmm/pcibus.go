package vmm

import (
	"fmt"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/boot/acpi"
	"github.com/drydock-vmm/drydock/kvm"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

// plugDevices puts the virtio devices on PCI.
func (m *machine) plugDevices() error {
	for i, d := range m.c.Devices {
		if err := m.plug(d); err != nil {
			return fmt.Errorf("vmm: device %d: %w", i, err)
		}
	}
	return nil
}

func (m *machine) plug(d Device) error {
	messages := newMSI(m.router, m.c.Log)
	t, err := virtiopci.New(virtiopci.Config{
		Device: d.Device, Memory: m.ram, DisableLegacy: d.DisableLegacy, DisableModern: d.DisableModern,
		Vectors: d.Vectors, MSI: messages, ROMSize: d.romSize(), ModernPIONotify: d.ModernPIONotify, PagePerVQ: d.PagePerVQ,
		Notifier: m.notifier(d.IOEventFD), OnFault: m.fault, Log: m.c.Log,
	})
	if err != nil {
		return err
	}
	var pin *intx
	m.closing(func() error {
		t.Close() // first: until it has returned the device interrupts, and writes to eventfds
		messages.close()
		pin.close()
		return nil
	})
	slot, err := m.pci.Attach(d.Slot, t.Function())
	if err != nil {
		return err
	}
	if pin, err = newINTx(m.vm, acpi.PinGSI(slot, 0)); err != nil {
		return err
	}
	t.Function().SetPin(pin)
	return nil
}

// romSize is the size of the option ROM that QEMU's network cards have; ours is empty, for nothing would run it.
func (d *Device) romSize() uint64 {
	if d.ROM {
		return 256 << 10
	}
	return 0
}

// assignPCI does what a BIOS does: a kernel that is booted directly finds its BARs in place.
func (m *machine) assignPCI() error {
	return m.pci.AssignResources(pioBase, pioEnd, boot.PCIBase, boot.PCIEnd, func(slot, pin int) int {
		return acpi.PinGSI(slot, pin-1) // PCI counts pins from 1, ACPI from 0
	})
}

// notifier gives queues their ioeventfds. It implements virtiopci.Notifier.
type notifier struct{ vm *kvm.VM }

func (m *machine) notifier(on bool) virtiopci.Notifier {
	if !on {
		return nil
	}
	return notifier{m.vm}
}

func (n notifier) Attach(d virtiopci.Doorbell) error { return n.vm.AssignIOEventFD(request(d)) }
func (n notifier) Detach(d virtiopci.Doorbell) error { return n.vm.DeassignIOEventFD(request(d)) }

func request(d virtiopci.Doorbell) kvm.IOEventFD {
	return kvm.IOEventFD{FD: d.FD, Addr: d.Addr, PIO: d.IO, Len: uint32(d.Size), Match: d.Match, Data: d.Value}
}
