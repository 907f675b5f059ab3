package vmm

import (
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

// A PCIFunction is what is at a place on the bus.
type PCIFunction struct {
	pci.Info
	ID string // of the device, if it has one
}

// PCI says what is on the bus.
func (m *Machine) PCI() (all []PCIFunction) {
	_ = m.use(func(p *pc) error {
		ids := map[[2]int]string{}
		for _, d := range p.plugged() {
			ids[[2]int{d.Slot, d.Func}] = d.ID
		}
		for _, f := range p.pci.Functions() {
			all = append(all, PCIFunction{f, ids[[2]int{f.Slot, f.Function}]})
		}
		return nil
	})
	return all
}

// A Function is a virtio device in its slot, for people who ask.
type Function struct {
	Device
	Transport *virtiopci.Transport
}

// Functions calls f with the virtio devices that are plugged in; none is unplugged meanwhile. f must not call the machine.
func (m *Machine) Functions(f func([]Function)) {
	_ = m.use(func(p *pc) error {
		p.plugging.Lock()
		defer p.plugging.Unlock()
		var all []Function
		for _, c := range p.functions {
			all = append(all, Function{c.Device, c.transport})
		}
		f(all)
		return nil
	})
}
