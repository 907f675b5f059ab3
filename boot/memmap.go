package boot

import (
	"fmt"
	"math"
)

// A RangeType is the kind of an address range as e820, the PVH memory map and ACPI 6.5, 15.4 number it.
type RangeType uint32

const (
	RAM         RangeType = 1
	Reserved    RangeType = 2
	ACPIReclaim RangeType = 3 // tables: RAM once they are read
	ACPINVS     RangeType = 4 // must be kept, even over sleep
)

// A Range is Size bytes of guest-physical addresses from Base.
type Range struct {
	Base, Size uint64
	Type       RangeType
}

// End is the first address behind the range.
func (r Range) End() uint64 { return r.Base + r.Size }

// A MemoryMap tells a kernel what is where, in ascending order without overlap. What it does not name may be a device.
type MemoryMap []Range

// SplitRAM says how ram bytes lie in the address space: low bytes from 0, high bytes from RAM4GBase.
func SplitRAM(ram uint64) (low, high uint64) {
	low = min(ram, PCIBase)
	return low, ram - low
}

const (
	ramMin = 2 << 20
	ramMax = 1 << 45 // leaves every sum of two addresses far from overflow, and is beyond any host
)

// NewMemoryMap is the map of a machine with ram bytes of memory, a multiple of 4096 from 2 MiB to 32 TiB. The ISA
// hole's bytes count as RAM, as they do on a PC: they are missing from what the kernel reports.
func NewMemoryMap(ram uint64) (MemoryMap, error) {
	if ram < ramMin || ram > ramMax || ram%pageSize != 0 {
		return nil, fmt.Errorf("memory of %d bytes: must be a multiple of %d from %d MiB to %d TiB",
			ram, pageSize, ramMin>>20, uint64(ramMax)>>40)
	}
	low, high := SplitRAM(ram)
	m := MemoryMap{
		{0, LowRAMEnd, RAM},
		{LowRAMEnd, 0xa0000 - LowRAMEnd, Reserved},
		{ACPIBase, ACPISize, ACPIReclaim},
		{FACSBase, FACSSize, ACPINVS},
		{0xf0000, 0x10000, Reserved},
		{HighRAMBase, low - HighRAMBase, RAM},
		{HostPagesBase, HostPagesSize, Reserved},
	}
	if high > 0 {
		m = append(m, Range{RAM4GBase, high, RAM})
	}
	return m, nil
}

// check refuses what Load could not reckon with, and what neither e820 table holds.
func (m MemoryMap) check() error {
	if len(m) > e820Max {
		return fmt.Errorf("memory map of %d ranges: the kernel takes %d", len(m), e820Max)
	}
	var end uint64
	for i, r := range m {
		if r.Base < end || r.Size == 0 || r.Size > math.MaxInt64-r.Base {
			return fmt.Errorf("memory map: range %d (%#x, %#x bytes) is empty, too large or below the end of the one before", i, r.Base, r.Size)
		}
		end = r.End()
	}
	return nil
}

// isRAM reports whether all size bytes at base are RAM of one range that ends below 4 GiB.
func (m MemoryMap) isRAM(base, size uint64) bool {
	for _, r := range m.lowRAM() {
		if base >= r.Base && base <= r.End() && size <= r.End()-base {
			return true
		}
	}
	return false
}

// highest finds the highest page-aligned place for size bytes of RAM in [floor, ceil), below 4 GiB.
func (m MemoryMap) highest(size, floor, ceil uint64) (uint64, bool) {
	low := m.lowRAM()
	for i := len(low) - 1; i >= 0; i-- {
		bottom, top := max(low[i].Base, floor), min(low[i].End(), ceil)
		if top < size {
			continue
		}
		if at := (top - size) &^ (pageSize - 1); at >= bottom {
			return at, true
		}
	}
	return 0, false
}

// lowRAM is the RAM below 4 GiB, which is what the boot protocols can name and what the page tables map.
func (m MemoryMap) lowRAM() (low []Range) {
	for _, r := range m {
		if r.Type == RAM && r.Base < RAM4GBase {
			r.Size = min(r.Size, RAM4GBase-r.Base)
			low = append(low, r)
		}
	}
	return low
}

// lowEnd is where the RAM below 4 GiB ends.
func (m MemoryMap) lowEnd() (end uint64) {
	for _, r := range m.lowRAM() {
		end = r.End()
	}
	return end
}
