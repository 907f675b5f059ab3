package vmm

import (
	"fmt"
	"slices"
	"sync"

	"github.com/drydock-vmm/drydock/kvm"
)

// A router owns the VM's interrupt routing table: the fixed pins of the interrupt controllers, and one GSI for each message that a
// device sends. Changes come from vCPUs while guests set up their devices.
type router struct {
	vm *kvm.VM

	mu       sync.Mutex
	fixed    []kvm.Route
	messages []kvm.MSIRoute // message i has GSI firstMSIRoute+i
}

// newRouter makes the table that a PC has: GSI 0 to 15 lead to both PICs and the I/O APIC (the timer, GSI 0, to its pin 2), 16 to
// 23 to the I/O APIC.
//
// It is set at once, because KVM's own table, which holds until then, leads the timer to pin 0: a guest that believes its tables
// would wait at pin 2 for a tick that never comes.
func newRouter(vm *kvm.VM) (*router, error) {
	r := &router{vm: vm}
	for gsi := range uint32(ioapicPins) {
		chip, pin := kvm.PICMaster, gsi
		if gsi >= 8 {
			chip, pin = kvm.PICSlave, gsi-8
		}
		if gsi < 16 && gsi != 2 {
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: gsi, Chip: chip, Pin: pin})
		}
		switch gsi {
		case 0:
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: 0, Chip: kvm.IOAPIC, Pin: 2})
		case 2: // the cascade
		default:
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: gsi, Chip: kvm.IOAPIC, Pin: gsi})
		}
	}
	if err := vm.SetGSIRouting(r.fixed); err != nil {
		return nil, fmt.Errorf("vmm: routing the interrupt controllers' pins: %w", err)
	}
	return r, nil
}

// add reserves a GSI for a message that is not known yet.
func (r *router) add() (gsi uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gsi = firstMSIRoute + uint32(len(r.messages))
	r.messages = append(r.messages, kvm.MSIRoute{GSI: gsi})
	return gsi
}

// set gives a GSI its message. After an error it has the one from before: a message that KVM refuses must not make it refuse
// those of all other devices from then on.
func (r *router) set(gsi uint32, m kvm.MSI) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &r.messages[gsi-firstMSIRoute]
	before := e.MSI
	e.MSI = m
	err := r.vm.SetGSIRouting(r.table())
	if err != nil {
		e.MSI = before
	}
	return err
}

// table is all routes; mu is held.
func (r *router) table() []kvm.Route {
	table := slices.Clone(r.fixed)
	for _, m := range r.messages {
		if m.MSI != (kvm.MSI{}) {
			table = append(table, m)
		}
	}
	return table
}
