package vmm

import (
	"slices"

	"github.com/drydock-vmm/drydock/devices/pci"
)

// An estate is what of a PC outlives a reset in place: one in which devices stay, and forget what a reset of the bus makes them
// forget. A client of qtest sees the difference to new ones, such as registers that no reset clears. The zero estate is nothing.
type estate struct {
	ram       *RAM
	pci       *pci.Root
	functions []*function
}

// bequeath resets the bus and gives away what is on it; close then leaves that alone. No access is under way.
func (m *pc) bequeath() estate {
	m.pci.Reset()
	e := estate{m.ram, m.pci, m.functions}
	m.ram, m.functions = nil, nil
	return e
}

// close ends what nobody inherits.
func (e estate) close() error {
	for _, c := range slices.Backward(e.functions) {
		c.close()
	}
	if e.ram == nil {
		return nil
	}
	return e.ram.Close()
}

// connectDevices takes the functions of an estate over: from now on this PC hears their interrupts and their faults. Their pins
// were those of an accelerator that is no more.
func (m *pc) connectDevices() error {
	for _, c := range m.functions {
		c.owner.Store(m)
		if err := m.connect(c); err != nil {
			return err
		}
	}
	return nil
}
