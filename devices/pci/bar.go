package pci

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/drydock-vmm/drydock/devices"
)

// BARKind is what a base address register decodes.
type BARKind int

const (
	IO            BARKind = iota
	Mem32                 // 32-bit, not prefetchable
	Mem64Prefetch         // 64-bit prefetchable; takes the next register too
)

// typeBits are the read-only low bits of a register (6.2.5.1).
func (k BARKind) typeBits() byte { return [...]byte{IO: 0x1, Mem32: 0x0, Mem64Prefetch: 0xc}[k] }

// least is the smallest size whose mask leaves the type bits alone.
func (k BARKind) least() uint64 { return [...]uint64{IO: 4, Mem32: 16, Mem64Prefetch: 16}[k] }

// top is the last address that the register can reach.
func (k BARKind) top() uint64 {
	return [...]uint64{IO: math.MaxUint16, Mem32: math.MaxUint32, Mem64Prefetch: math.MaxUint64}[k]
}

// A bar is a base address register, or the expansion ROM's.
type bar struct {
	reg    int // offset in configuration space
	kind   BARKind
	size   uint64
	region devices.Region
	mapped func(addr uint64, ok bool)

	addr uint64 // what it decodes now, if ok; guarded by Function.mu
	ok   bool
}

// AddBAR makes register n decode size bytes (a power of two) for r. mapped, if not nil, is told each time what the BAR answers
// changes: the address, or ok=false while it decodes nothing (COMMAND bit off, or no address). It is called from a vCPU, and
// must not wait for a lock under which SetCommand changes IO or memory decoding.
func (f *Function) AddBAR(n int, kind BARKind, size uint64, r devices.Region, mapped func(addr uint64, ok bool)) {
	last := n
	if kind == Mem64Prefetch {
		last++
	}
	if n < 0 || last > 5 || f.taken(n) || f.taken(last) {
		panic(fmt.Sprintf("pci: no room for BAR %d", n))
	}
	if kind == IO && size > math.MaxUint16 || kind == Mem32 && size > 1<<31 {
		panic(fmt.Sprintf("pci: BAR %d: size %#x does not fit its kind", n, size))
	}
	f.addBAR(&bar{reg: regBAR0 + 4*n, kind: kind, size: size, region: r, mapped: mapped}, kind.typeBits())
}

// addBAR writes the register's type and mask: sizing (6.2.5.1) needs nothing else, a guest that writes ones reads the size.
func (f *Function) addBAR(b *bar, typeBits byte) {
	if bits.OnesCount64(b.size) != 1 || b.size < b.kind.least() {
		panic(fmt.Sprintf("pci: BAR at %#x: size %#x is not a power of two of at least %d", b.reg, b.size, b.kind.least()))
	}
	var value, mask [8]byte
	value[0] = typeBits
	binary.LittleEndian.PutUint64(mask[:], -b.size)
	n := 4
	if b.kind == Mem64Prefetch {
		n = 8
	}
	f.initial(b.reg, value[:n], mask[:n])
	f.bars = append(f.bars, b)
}

func (f *Function) taken(n int) bool {
	reg := regBAR0 + 4*n
	for _, b := range f.bars {
		if b.reg == reg || b.kind == Mem64Prefetch && b.reg+4 == reg {
			return true
		}
	}
	return false
}

// decodes says what b answers in configuration space c. Neither zero nor a memory address whose end is the end of the register's
// reach counts: the first is "not assigned", the second is a guest that is sizing.
func (b *bar) decodes(c *space) (addr uint64, ok bool) {
	command := binary.LittleEndian.Uint16(c[regCommand:])
	addr = uint64(binary.LittleEndian.Uint32(c[b.reg:]))
	enabled := command&CommandMemory != 0
	switch {
	case b.kind == IO:
		enabled = command&CommandIO != 0
	case b.kind == Mem64Prefetch:
		addr = binary.LittleEndian.Uint64(c[b.reg:])
	case b.reg == regROM:
		enabled = enabled && addr&romEnable != 0
	}
	addr &= -b.size
	last := addr + b.size - 1
	if !enabled || addr == 0 || last < addr || last > b.kind.top() || last == b.kind.top() && b.kind != IO {
		return 0, false
	}
	return addr, true
}

// redecode compares what the base address registers answered with what they answer now, and tells who must know.
func (f *Function) redecode() {
	f.decode.Lock()
	defer f.decode.Unlock()
	f.mu.Lock()
	var changed []*bar
	for _, b := range f.bars {
		addr, ok := b.decodes(&f.config)
		if addr != b.addr || ok != b.ok {
			b.addr, b.ok = addr, ok
			changed = append(changed, b)
		}
	}
	root := f.root
	f.mu.Unlock()

	if root != nil && len(changed) > 0 {
		root.remap()
	}
	for _, b := range changed {
		if b.mapped != nil {
			b.mapped(b.addr, b.ok) // addr and ok change under decode only
		}
	}
}
