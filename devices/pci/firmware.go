package pci

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
)

// pageSize is the least distance of memory BARs: a guest maps pages, and one page must not hold two devices.
const pageSize = 0x1000

// AssignResources does what a BIOS does at power on: each BAR and ROM gets an address in [ioBase, ioEnd) or
// [memBase, memEnd) (64-bit ones too: kernels without 64-bit addressing boot then), decoding is switched on (bus mastering is
// the driver's business) and the interrupt line holds what irq returns for slot and pin (1 is INTA), unless it is wired. irq may
// be nil. ROMs stay disabled.
// An error names the BAR that does not fit; what was assigned before it stays.
func (r *Root) AssignResources(ioBase, ioEnd, memBase, memEnd uint64, irq func(slot, pin int) int) error {
	ports, memory := pool{ioBase, ioEnd}, pool{memBase, memEnd}
	for _, w := range r.wanted() {
		p, step := &memory, max(w.bar.size, pageSize)
		if w.bar.kind == IO {
			p, step = &ports, w.bar.size
		}
		addr, ok := p.take(step)
		if !ok || addr+w.bar.size-1 > w.bar.kind.top() {
			return fmt.Errorf("pci: no room for %v: %#x bytes in [%#x, %#x)", w, w.bar.size, p.next, p.end)
		}
		w.program(addr)
	}
	return r.each(func(slot, _ int, f *Function) error {
		f.enable(slot, irq)
		return nil
	})
}

// A pool hands out addresses upwards.
type pool struct{ next, end uint64 }

// take returns size bytes, a power of two, aligned to their size.
func (p *pool) take(size uint64) (addr uint64, ok bool) {
	addr = (p.next + size - 1) &^ (size - 1)
	if addr < p.next || addr >= p.end || size > p.end-addr {
		return 0, false
	}
	p.next = addr + size
	return addr, true
}

// A want is a BAR without an address.
type want struct {
	slot, function int
	f              *Function
	bar            *bar
}

func (w want) String() string {
	if w.bar.reg == regROM {
		return fmt.Sprintf("the ROM of %02x.%x", w.slot, w.function)
	}
	return fmt.Sprintf("BAR %d of %02x.%x", (w.bar.reg-regBAR0)/4, w.slot, w.function)
}

// wanted lists all BARs, the greatest first: aligned to their sizes they leave no holes then.
func (r *Root) wanted() []want {
	var all []want
	_ = r.each(func(slot, function int, f *Function) error {
		for _, b := range f.bars {
			all = append(all, want{slot, function, f, b})
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b want) int { return cmp.Compare(b.bar.size, a.bar.size) })
	return all
}

func (w want) program(addr uint64) {
	n := 4
	if w.bar.kind == Mem64Prefetch {
		n = 8
	}
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], addr)
	w.f.WriteConfig(w.bar.reg, p[:n])
}

// enable switches f on. Its bits follow its BARs: a bridge without any decodes nothing.
func (f *Function) enable(slot int, irq func(slot, pin int) int) {
	command := f.Command()
	for _, b := range f.bars {
		if b.kind == IO {
			command |= CommandIO
		} else {
			command |= CommandMemory
		}
	}
	f.WriteConfig(regCommand, binary.LittleEndian.AppendUint16(nil, command))
	if pin := f.reset[regInterruptPin]; pin != 0 && f.reset[regInterruptLine] == 0 && irq != nil {
		f.WriteConfig(regInterruptLine, []byte{byte(irq(slot, int(pin)))})
	}
}
