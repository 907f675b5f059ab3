package pci

import (
	"cmp"
	"slices"

	"github.com/drydock-vmm/drydock/devices"
)

// A Space is one of the two that a CPU addresses.
type Space bool

const (
	Memory Space = false
	Ports  Space = true
)

// A windowMap is what one address space decodes through BARs: a snapshot, so that an access takes no lock.
type windowMap []decoded

// A decoded is a BAR at its address. reach is the highest last of it and all before it: BARs may overlap (a guest can write
// anything), and a small one must not hide the end of a great one.
type decoded struct {
	base, last, reach uint64
	region            devices.Region
}

// Lookup finds who answers an address through an enabled BAR. It takes no lock.
func (r *Root) Lookup(in Space, addr uint64) (reg devices.Region, off uint64, ok bool) {
	d := r.windows[in.index()].Load().find(addr)
	if d == nil {
		return nil, 0, false
	}
	return d.region, addr - d.base, true
}

// Read and Write make an access and report whether a BAR answers. An access over the edge of a BAR is one inside and
// one outside, as QEMU cuts it. What no BAR answers reads as ones on ports and as zeros in memory (unassigned_mem_read).
func (r *Root) Read(in Space, addr uint64, p []byte) (answered bool) {
	all := r.windows[in.index()].Load()
	for len(p) > 0 {
		d, n := all.cut(addr, len(p))
		switch {
		case d != nil:
			d.region.Read(addr-d.base, p[:n])
			answered = true
		case in == Ports:
			devices.Ones(p[:n])
		default:
			clear(p[:n])
		}
		addr, p = addr+uint64(n), p[n:]
	}
	return answered
}

func (r *Root) Write(in Space, addr uint64, p []byte) (answered bool) {
	all := r.windows[in.index()].Load()
	for len(p) > 0 {
		d, n := all.cut(addr, len(p))
		if d != nil {
			d.region.Write(addr-d.base, p[:n])
			answered = true
		}
		addr, p = addr+uint64(n), p[n:]
	}
	return answered
}

// Window is the region of a machine's bus that begins at base and belongs to PCI. What no BAR of it decodes reads as Root.Read says.
func (r *Root) Window(in Space, base uint64) devices.Region { return window{r, in, base} }

type window struct {
	root *Root
	in   Space
	base uint64
}

func (w window) Read(off uint64, p []byte)  { w.root.Read(w.in, w.base+off, p) }
func (w window) Write(off uint64, p []byte) { w.root.Write(w.in, w.base+off, p) }

func (s Space) index() int {
	if s == Ports {
		return 1
	}
	return 0
}

// find goes back from the last BAR that begins at or below addr: one step unless BARs overlap.
func (m *windowMap) find(addr uint64) *decoded {
	all := *m
	lo, hi := 0, len(all)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if all[mid].base <= addr {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for i := lo - 1; i >= 0 && all[i].reach >= addr; i-- {
		if all[i].last >= addr {
			return &all[i]
		}
	}
	return nil
}

// cut says who answers at addr, nil if nobody does, and for how many of n bytes that holds.
func (m *windowMap) cut(addr uint64, n int) (*decoded, int) {
	last := addr + uint64(n) - 1
	if d := m.find(addr); d != nil {
		return d, int(min(last, d.last)-addr) + 1
	}
	for i := range *m { // sorted by base; this is the way of accesses that nobody answers
		if base := (*m)[i].base; base > addr && base <= last {
			return nil, int(base - addr)
		}
	}
	return nil, n
}

// remap takes new snapshots of what all functions decode. Rebuilding all is cheap enough: guests move BARs while they boot.
func (r *Root) remap() {
	r.remaps.Lock()
	defer r.remaps.Unlock()
	var maps [2]windowMap
	_ = r.each(func(_, _ int, f *Function) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, b := range f.bars {
			if b.ok {
				i := Space(b.kind == IO).index()
				maps[i] = append(maps[i], decoded{base: b.addr, last: b.addr + b.size - 1, region: b.region})
			}
		}
		return nil
	})
	for i := range maps {
		maps[i].finish()
		r.windows[i].Store(&maps[i])
	}
}

// finish sorts by address, keeping the order of functions among equals, and fills in reach.
func (m windowMap) finish() {
	slices.SortStableFunc(m, func(a, b decoded) int { return cmp.Compare(a.base, b.base) })
	var reach uint64
	for i := range m {
		reach = max(reach, m[i].last)
		m[i].reach = reach
	}
}
