package virtiopci

import (
	"fmt"

	"github.com/drydock-vmm/drydock/devices/pci"
)

const (
	vendorRedHat       = 0x1af4 // 4.1.2.1
	modernBase         = 0x1040 // a modern PCI device ID is this plus the virtio device ID
	modernSubsystem    = 0x1100 // QEMU's own; at least 0x40, so that no legacy driver binds (4.1.2.1)
	modernRevision     = 1      // at least 1, for the same reason
	classOthers        = 0x00ff00
	interruptPinA      = 1
	legacySubsystemMax = 0x3f
)

// kinds are the device types of which QEMU knows more than the virtio ID: the transitional PCI device ID (4.1.2, table
// of transitional IDs; 0 where a legacy interface never existed) and the class that firmware and guests see.
var kinds = map[uint16]struct {
	transitional uint16
	class        uint32
}{
	1: {0x1000, 0x020000}, // network card: Ethernet controller
	2: {0x1001, 0x010000}, // block device: SCSI storage
	3: {0x1003, 0x078000}, // console: other communication
	4: {0x1005, classOthers},
	5: {0x1002, classOthers},
	8: {0x1004, 0x010000},
	9: {0x1009, classOthers},
}

// identity is the configuration header of a virtio device type.
func identity(id uint16, legacy bool) (pci.Identity, error) {
	kind, known := kinds[id]
	if !known {
		kind.class = classOthers
	}
	out := pci.Identity{Vendor: vendorRedHat, SubVendor: vendorRedHat, Class: kind.class, Pin: interruptPinA}
	if !legacy {
		out.Device, out.SubDevice, out.Revision = modernBase+id, modernSubsystem, modernRevision
		return out, nil
	}
	if kind.transitional == 0 || id > legacySubsystemMax {
		return out, fmt.Errorf("virtiopci: virtio device type %d has no transitional PCI device ID; set disable-legacy to on", id)
	}
	out.Device, out.SubDevice = kind.transitional, id
	return out, nil
}
