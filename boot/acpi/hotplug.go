package acpi

import "fmt"

// What a slot's device is told (5.6.6).
const (
	notifyDeviceCheck  = 1
	notifyEjectRequest = 3
)

// hotplug is what stands in PCI0: the controller's registers, a device for each slot with an _EJ0 that empties it, and CHKS, which
// tells the slots what the registers say.
func hotplug(h *Hotplug) aml {
	if h == nil {
		return nil
	}
	b := registers("PHPR", h.Base, 12, "PUPS", "PDNS", "PEJS")
	for slot := h.First; slot < Slots; slot++ {
		b = append(b, device(slotName(slot),
			name("_ADR", integer(uint64(slot)<<16)),
			name("_SUN", integer(uint64(slot))),
			method("_EJ0", 1, store(integer(1<<slot), path("PEJS"))))...)
	}
	// Reading which slots were filled forgets it, so it is read once.
	check := join(
		store(path("PUPS"), aml{opLocal0}), h.notifications(notifyDeviceCheck),
		store(path("PDNS"), aml{opLocal0}), h.notifications(notifyEjectRequest))
	return append(b, method("CHKS", serialized, check)...)
}

// notifications tells each slot whose bit is set in Local0.
func (h *Hotplug) notifications(value uint64) (b aml) {
	for slot := h.First; slot < Slots; slot++ {
		b = append(b, ifBit(slot, notify(slotName(slot), value))...)
	}
	return b
}

// hotplugEvent is the method that a kernel runs when the general purpose event comes.
func hotplugEvent(h *Hotplug) aml {
	if h == nil {
		return nil
	}
	return scope(`\_GPE`, method(fmt.Sprintf("_E%02X", h.GPE), 0, path(`\_SB.PCI0.CHKS`)))
}

func slotName(slot int) string { return fmt.Sprintf("S%02X", slot) }
