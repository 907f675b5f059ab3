package boot

import (
	"debug/elf"
	"strings"
	"testing"
)

func TestWhatDoesNotFitIsRefusedBeforeAByteIsWritten(t *testing.T) {
	bz, vm := makeBzImage(5000, nil), payloadELF()
	small, low := mapOf(t, 32<<20), mapOf(t, testRAM)
	for _, tc := range []struct {
		name string
		file []byte
		p    Params
		text string
	}{
		{"a kernel that needs more RAM than there is", bz, params(small, "", nil), "needs 25165824 bytes at 0x1000000, RAM below 4 GiB ends at 0x2000000"},
		{"a kernel for the lowest MiB", makeBzImage(5000, setup{0x258: 0x10000, 0x234: 0}), params(low, "", nil), "loads at 0x100000"},
		{"a kernel above 4 GiB", makeBzImage(5000, setup{0x258: 1 << 32}), params(mapOf(t, 8<<30), "", nil), "does not fit"},
		{"a segment outside of RAM", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x10000000, text(0x10000000, 16)), params(low, "", nil), "does not fit"},
		{"an initrd larger than what is left", bz, Params{Map: low, Initrd: strings.NewReader(""), InitrdSize: 48 << 20}, "initrd of 50331648 bytes does not fit"},
		{"an initrd of a negative size", bz, Params{Map: low, InitrdSize: -1}, "-1 bytes"},
		{"an initrd without content", bz, Params{Map: low, InitrdSize: 1}, "without its content"},
		{"a command line longer than a bzImage takes", bz, params(low, strings.Repeat("x", 2048), nil), "2048 bytes: this kernel takes 2047"},
		{"a command line longer than a payload takes", flatPayload(100), params(low, strings.Repeat("x", 512), nil), "512 bytes: this kernel takes 511"},
		{"a command line longer than a PVH guest can be given", vm, params(low, strings.Repeat("x", 65536), nil), "65536 bytes: this kernel takes 65535"},
		{"a command line with a NUL", vm, params(low, "a\x00b", nil), "NUL at byte 1"},
		{"no memory map", bz, Params{}, "no RAM"},
		{"a memory map in disorder", bz, Params{Map: MemoryMap{{pageSize, pageSize, RAM}, {0, pageSize, RAM}}}, "range 1"},
		{"a memory map that e820 cannot hold", bz, Params{Map: make(MemoryMap, 129)}, "129 ranges"},
		{"a memory map around the end", bz, Params{Map: MemoryMap{{0, 1 << 63, RAM}}}, "range 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(tc.p.Map)
			_, err := open(t, tc.file).Load(g, tc.p)
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want one with %q", err, tc.text)
			}
			if g.written != 0 {
				t.Errorf("%d bytes were written", g.written)
			}
		})
	}
}

func TestAFileThatEndsWhileItIsLoadedIsAnError(t *testing.T) {
	g := newGuest(mapOf(t, testRAM))
	p := Params{Map: g.m, Initrd: strings.NewReader("short"), InitrdSize: 6}
	_, err := open(t, payloadELF()).Load(g, p)
	if err == nil || !strings.Contains(err.Error(), "initrd: it ended after 5 of 6 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestInitrdsAreAsHighAsTheKernelAllows(t *testing.T) {
	for _, tc := range []struct {
		name    string
		ram     uint64
		addrMax uint64
		want    uint64
	}{
		{"at the end of RAM", testRAM, 0x7fffffff, testRAM - pageSize},
		{"below initrd_addr_max", testRAM, 0x2ffffff, 0x2fff000},
		{"below 2 GiB in a large machine", 8 << 30, 0x7fffffff, 0x7ffff000},
		{"below the PCI window, if it may be anywhere", 8 << 30, 0xffffffff, PCIBase - pageSize},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(mapOf(t, tc.ram))
			file := makeBzImage(5000, setup{0x22c: tc.addrMax})
			e := mustLoad(t, open(t, file), g, params(g.m, "", []byte("initrd")))
			if got := uint64(g.u32(e.RSI + 0x218)); got != tc.want {
				t.Errorf("at %#x, want %#x", got, tc.want)
			}
		})
	}
}
