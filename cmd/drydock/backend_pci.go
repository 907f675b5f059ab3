package main

import (
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// PCI is query-pci's list.
func (b *backend) PCI() []qmp.PCIFunction {
	all := []qmp.PCIFunction{}
	for _, f := range b.Machine.PCI() {
		all = append(all, pciFunction(f))
	}
	return all
}

func pciFunction(f vmm.PCIFunction) qmp.PCIFunction {
	class := int(f.Class >> 8)
	out := qmp.PCIFunction{
		Slot: f.Slot, Function: f.Function, QDevID: f.ID, IRQPin: int(f.Pin),
		Class:   qmp.PCIClass{Class: class, Desc: classNames[class]},
		ID:      qmp.PCIID{Vendor: int(f.Vendor), Device: int(f.Device), SubsystemVendor: int(f.SubVendor), Subsystem: int(f.SubDevice)},
		Regions: []qmp.PCIRegion{},
	}
	if f.Pin != 0 {
		line := int(f.Line)
		out.IRQ = &line
	}
	for _, b := range f.BARs {
		out.Regions = append(out.Regions, pciRegion(b))
	}
	return out
}

func pciRegion(b pci.BARInfo) qmp.PCIRegion {
	r := qmp.PCIRegion{BAR: b.Number, Type: "io", Address: -1, Size: int64(b.Size)}
	if b.Mapped {
		r.Address = int64(b.Addr)
	}
	if b.Kind != pci.IO {
		is64 := b.Kind == pci.Mem64Prefetch
		r.Type, r.Prefetch, r.MemType64 = "memory", &is64, &is64
	}
	return r
}

// classNames are QEMU's (pci_class_descriptions), of classes that a machine here can have.
var classNames = map[int]string{
	0x0100: "SCSI controller", 0x0200: "Ethernet controller", 0x0500: "RAM memory", 0x0600: "Host bridge", 0x0601: "ISA bridge", 0x0680: "Bridge",
}
