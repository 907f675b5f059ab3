package devices

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// A Bus finds the region of an address. The zero Bus is empty and ready. Lookups take no lock and allocate nothing (the
// map is copied on change), because every exit of every vCPU that is not for a doorbell makes one.
type Bus struct {
	mu  sync.Mutex // held by Add, so that no addition is lost
	all atomic.Pointer[[]span]
}

// A span is an entry of the map. last, not the size, lets a region end at the top of the address space.
type span struct {
	base, last uint64
	name       string
	region     Region
}

func (s span) String() string { return fmt.Sprintf("%s [%#x, %#x]", s.name, s.base, s.last) }

// Add gives [base, base+size) to r. It is an error if that overlaps another region; the text names both.
func (b *Bus) Add(base, size uint64, name string, r Region) error {
	s, err := newSpan(base, size, name, r)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.spans()
	at, _ := slices.BinarySearchFunc(old, base, func(s span, base uint64) int {
		if s.last < base {
			return -1
		}
		return 1
	})
	if at < len(old) && old[at].base <= s.last {
		return fmt.Errorf("devices: %v overlaps %v", s, old[at])
	}
	all := slices.Insert(slices.Clone(old), at, s)
	b.all.Store(&all)
	return nil
}

func newSpan(base, size uint64, name string, r Region) (span, error) {
	switch {
	case r == nil:
		return span{}, fmt.Errorf("devices: %s at %#x: no region given", name, base)
	case size == 0:
		return span{}, fmt.Errorf("devices: %s at %#x: size is zero", name, base)
	case base+size-1 < base:
		return span{}, fmt.Errorf("devices: %s at %#x: size %#x runs past the end of the address space", name, base, size)
	}
	return span{base: base, last: base + size - 1, name: name, region: r}, nil
}

// Read and Write report whether a region answers; Read fills p with ones if none does. An access that crosses the end of
// a region is not answered.
func (b *Bus) Read(addr uint64, p []byte) bool {
	s := b.find(addr, uint64(len(p)))
	if s == nil {
		Ones(p)
		return false
	}
	s.region.Read(addr-s.base, p)
	return true
}

func (b *Bus) Write(addr uint64, p []byte) bool {
	s := b.find(addr, uint64(len(p)))
	if s == nil {
		return false
	}
	s.region.Write(addr-s.base, p)
	return true
}

// find is a binary search for the last span that begins at or below addr.
func (b *Bus) find(addr, n uint64) *span {
	all := b.spans()
	lo, hi := 0, len(all)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if all[mid].base <= addr {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 || n == 0 {
		return nil
	}
	s := &all[lo-1]
	if addr > s.last || n-1 > s.last-addr {
		return nil
	}
	return s
}

func (b *Bus) spans() []span {
	if p := b.all.Load(); p != nil {
		return *p
	}
	return nil
}
