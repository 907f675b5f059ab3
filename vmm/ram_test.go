package vmm

import (
	"testing"
	"unsafe"

	"github.com/drydock-vmm/drydock/boot"
)

func TestRAMIsOneMappingInTwoParts(t *testing.T) {
	ram, err := NewRAM(boot.PCIBase + 2<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer ram.Close()
	for _, c := range []struct {
		name   string
		gpa, n uint64
		ok     bool
	}{
		{"the first byte", 0, 1, true},
		{"the last byte below the hole", boot.PCIBase - 1, 1, true},
		{"an access that runs into the hole", boot.PCIBase - 1, 2, false},
		{"the hole", boot.PCIBase, 1, false},
		{"the page before 4 GiB", boot.RAM4GBase - 4096, 4096, false},
		{"the first byte at 4 GiB", boot.RAM4GBase, 1, true},
		{"the last byte", boot.RAM4GBase + 2<<20 - 1, 1, true},
		{"beyond the end", boot.RAM4GBase + 2<<20, 1, false},
		{"nothing at the end", boot.RAM4GBase + 2<<20, 0, true},
		{"a length that wraps", 4096, ^uint64(0), false},
		{"an address that wraps", ^uint64(0), 2, false},
	} {
		b, err := ram.Slice(c.gpa, c.n)
		if (err == nil) != c.ok || c.ok && uint64(len(b)) != c.n {
			t.Errorf("%s: Slice(%#x, %d) = %d bytes, %v", c.name, c.gpa, c.n, len(b), err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = ram.Slice(boot.RAM4GBase, 4096) }); n != 0 {
		t.Errorf("Slice allocates %v times", n)
	}
}

func TestRAMBeginsWhereAHugePageCan(t *testing.T) {
	for range 5 {
		ram, err := NewRAM(boot.PCIBase + 2<<20)
		if err != nil {
			t.Fatal(err)
		}
		defer ram.Close()
		for _, b := range ram.banks() {
			if at := uint64(uintptr(unsafe.Pointer(&b.host[0]))); (at^b.gpa)%hugePage != 0 {
				t.Errorf("guest address %#x is at %#x", b.gpa, at)
			}
		}
	}
}

func TestRAMOfAnImpossibleSizeIsRefused(t *testing.T) {
	for _, size := range []uint64{0, 4096, 1<<20 + 1, 1 << 62} {
		if ram, err := NewRAM(size); err == nil {
			ram.Close()
			t.Errorf("NewRAM(%d) gave no error", size)
		}
	}
}
