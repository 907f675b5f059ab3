package kvm

var setGSIRouting = iow[routingHeader]("KVM_SET_GSI_ROUTING", 0x6a)

// IRQChip is one of the in-kernel interrupt controllers.
type IRQChip uint32

const (
	PICMaster IRQChip = 0
	PICSlave  IRQChip = 1
	IOAPIC    IRQChip = 2
)

const (
	routeIRQChip = 1
	routeMSI     = 2
)

// A Route is where a GSI leads: IRQChipRoute or MSIRoute. A GSI may lead to several IRQChips, or to one MSI.
type Route interface{ entry() routingEntry }

// IRQChipRoute leads a GSI to a pin of an interrupt controller.
type IRQChipRoute struct {
	GSI  uint32
	Chip IRQChip
	Pin  uint32
}

// MSIRoute turns the rising edge of a GSI into an MSI.
type MSIRoute struct {
	GSI uint32
	MSI MSI
}

type routingHeader struct {
	n uint32
	_ uint32 // flags, none defined
}

// routingEntry is struct kvm_irq_routing_entry; words is its union, 32 bytes long whatever the type.
type routingEntry struct {
	gsi   uint32
	typ   uint32
	_     [2]uint32 // flags, none for x86, and padding
	words [8]uint32
}

func (r IRQChipRoute) entry() routingEntry {
	return routingEntry{gsi: r.GSI, typ: routeIRQChip, words: [8]uint32{uint32(r.Chip), r.Pin}}
}

func (r MSIRoute) entry() routingEntry {
	lo, hi := uint32(r.MSI.Address), uint32(r.MSI.Address>>32)
	return routingEntry{gsi: r.GSI, typ: routeMSI, words: [8]uint32{lo, hi, r.MSI.Data}}
}

// SetGSIRouting replaces the whole routing table, the one that CreateIRQChip made too. An irqfd follows the change at once.
func (vm *VM) SetGSIRouting(routes []Route) error {
	h, entries := table[routingHeader, routingEntry](len(routes))
	h.n = uint32(len(routes))
	for i, r := range routes {
		entries[i] = r.entry()
	}
	_, err := setGSIRouting.do(vm.fd, h)
	return err
}
