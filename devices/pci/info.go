package pci

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Info is what configuration space says of a function, for people who ask.
type Info struct {
	Slot, Function int
	Identity
	Line uint8 // interrupt line, as firmware wrote it
	BARs []BARInfo
}

// BARInfo is one base address register, or the expansion ROM's, whose number is 6.
type BARInfo struct {
	Number int
	Kind   BARKind
	Size   uint64
	Addr   uint64
	Mapped bool // it decodes Addr now
}

// Functions says what is on the bus, in the order of addresses.
func (r *Root) Functions() (all []Info) {
	_ = r.each(func(slot, function int, f *Function) error {
		all = append(all, f.info(slot, function))
		return nil
	})
	return all
}

func (f *Function) info(slot, function int) Info {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, le := &f.config, binary.LittleEndian
	info := Info{Slot: slot, Function: function, Line: c[regInterruptLine], Identity: Identity{
		Vendor: le.Uint16(c[regVendor:]), Device: le.Uint16(c[regDevice:]),
		SubVendor: le.Uint16(c[regSubVendor:]), SubDevice: le.Uint16(c[regSubDevice:]),
		Class: le.Uint32(c[regRevision:]) >> 8, Revision: c[regRevision], Pin: c[regInterruptPin],
	}}
	for _, b := range f.bars {
		info.BARs = append(info.BARs, b.info())
	}
	slices.SortFunc(info.BARs, func(a, b BARInfo) int { return cmp.Compare(a.Number, b.Number) })
	return info
}

func (b *bar) info() BARInfo {
	i := BARInfo{Number: (b.reg - regBAR0) / 4, Kind: b.kind, Size: b.size, Addr: b.addr, Mapped: b.ok}
	if b.reg == regROM {
		i.Number = 6
	}
	return i
}
