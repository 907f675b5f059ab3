package vmm

import (
	"sync"

	"github.com/drydock-vmm/drydock/devices/pci"
)

// pirqs is the PIIX3's router of PCI interrupts (82371SB, 3.1.12, PIRQRC): the INTx pins of all slots share four lines, PIRQA to
// PIRQD, and each line goes to the ISA interrupt that the guest's firmware chose, or nowhere. A client of qtest is its own firmware.
type pirqs struct {
	lines [pci.PIRQs]wire

	mu     sync.Mutex
	levels [pci.PIRQs]bool
	routes [pci.PIRQs]byte
	isa    [isaInterrupts]*tap
}

const isaInterrupts = 16

func newPIRQs(wires []wire) *pirqs {
	r := &pirqs{}
	for i := range r.isa {
		r.isa[i] = wires[i].tap()
	}
	for i := range r.lines {
		r.lines[i] = wire{gsi: i, watch: r.change}
		r.routes[i] = isaInterrupts // nowhere
	}
	return r
}

// pin is the line of a slot's pin (0 is INTA), as QEMU's pc machine is wired (pci_slot_get_pirq).
func (r *pirqs) pin(slot, pin int) *tap { return r.lines[(slot+pin-1)%len(r.lines)].tap() }

// change is told by a line that its level is another.
func (r *pirqs) change(line int, level bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.levels[line] = level
	r.drive()
}

// route is told by the bridge where its lines go from now on: values from 16 up are nowhere.
func (r *pirqs) route(routes [pci.PIRQs]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.routes = routes
	r.drive()
}

// drive has what rises come before what falls, as QEMU does.
func (r *pirqs) drive() {
	var high [isaInterrupts]bool
	for i, to := range r.routes {
		if to < isaInterrupts && r.levels[i] {
			high[to] = true
			r.isa[to].Set(true)
		}
	}
	for i, t := range r.isa {
		t.Set(high[i])
	}
}
