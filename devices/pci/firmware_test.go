package pci

import (
	"strings"
	"testing"
)

func TestAssignResources(t *testing.T) {
	r := NewRoot()
	if err := r.AttachPIIX(0x600, 9); err != nil {
		t.Fatal(err)
	}
	card := variants[0].build()
	if _, err := r.Attach(4, card); err != nil {
		t.Fatal(err)
	}
	err := r.AssignResources(0xc000, 0x10000, 0xe0000000, 0xfec00000, func(slot, pin int) int { return slot<<4 | pin })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		slot int
		fn   int
		reg  int
		want uint32
	}{
		{"ports begin at their base", 4, 0, 0x10, 0xc001},
		{"the ROM is the greatest and comes first, disabled", 4, 0, 0x30, 0xe0000000},
		{"a 64-bit BAR goes below 4 GiB", 4, 0, 0x20, 0xe004000c},
		{"and its upper half is zero", 4, 0, 0x24, 0},
		{"the MSI-X BAR follows", 4, 0, 0x14, 0xe0044000},
		{"COMMAND decodes I/O and memory, and masters nothing", 4, 0, 0x04, 0x00100003},
		{"the interrupt line is what the machine says", 4, 0, 0x3c, 0x141},
		{"a line that is wired stays", 1, 3, 0x3c, 0x109},
		{"a bridge without BARs decodes nothing", 0, 0, 0x04, 0},
		{"a function without a pin gets no line", 0, 0, 0x3c, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read32(r.Function(c.slot, c.fn), c.reg); got != c.want {
				t.Errorf("%#x, want %#x", got, c.want)
			}
		})
	}
	if _, off, ok := r.Lookup(Ports, 0xc004); !ok || off != 4 {
		t.Error("the assigned ports do not answer")
	}
}

func TestAssignResourcesNamesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name                           string
		ioBase, ioEnd, memBase, memEnd uint64
		want                           string
	}{
		{"no ports", 0xc000, 0xc010, 0xe0000000, 0xf0000000, "BAR 0 of 02.0"},
		{"memory for the ROM alone", 0xc000, 0xd000, 0xe0000000, 0xe0040000, "BAR 4 of 02.0"},
		{"no memory", 0xc000, 0xd000, 0xe0000000, 0xe0000000, "the ROM of 02.0"},
		{"ports above 64K", 0x10000, 0x20000, 0xe0000000, 0xf0000000, "BAR 0 of 02.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRoot()
			if _, err := r.Attach(2, variants[0].build()); err != nil {
				t.Fatal(err)
			}
			err := r.AssignResources(c.ioBase, c.ioEnd, c.memBase, c.memEnd, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %q", err, c.want)
			}
		})
	}
}
