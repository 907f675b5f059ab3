package boot

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"strings"
	"testing"
)

func params(m MemoryMap, cmdline string, initrd []byte) Params {
	p := Params{Map: m, Cmdline: cmdline, RSDP: ACPIBase, InitrdSize: int64(len(initrd))}
	if initrd != nil {
		p.Initrd = bytes.NewReader(initrd)
	}
	return p
}

func mustLoad(t *testing.T, k Kernel, g *guest, p Params) Entry {
	t.Helper()
	e, err := k.Load(g, p)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestABzImageIsLoadedWhereItWantsToBe(t *testing.T) {
	const size = 5000
	for _, tc := range []struct {
		name   string
		file   []byte
		off    int
		at     uint64
		length int
	}{
		{"at its preferred address", makeBzImage(size, nil), 4 * sector, 0x1000000, size},
		{"aligned, if it is relocatable", makeBzImage(size, setup{0x258: 0x1000001}), 4 * sector, 0x1200000, size},
		{"exactly there, if it is not", makeBzImage(size, setup{0x258: 0x1000100, 0x234: 0}), 4 * sector, 0x1000100, size},
		{"at 1 MiB, if it prefers none", flatPayload(size), 2 * sector, 0x100000, size},
		{"without what follows it in the file", append(makeBzImage(4992, nil), "signature"...), 4 * sector, 0x1000000, 4992},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuest(mapOf(t, testRAM))
			e := mustLoad(t, open(t, tc.file), g, params(g.m, "console=ttyS0", nil))
			if e.RIP != tc.at+0x200 {
				t.Errorf("entry %#x, want %#x", e.RIP, tc.at+0x200)
			}
			if got := g.at(tc.at, tc.length); !bytes.Equal(got, tc.file[tc.off:tc.off+tc.length]) {
				t.Error("the kernel is not what the file has")
			}
			if got := g.at(tc.at+uint64(tc.length), 16); !bytes.Equal(got, make([]byte, 16)) {
				t.Errorf("behind the kernel: %x", got)
			}
		})
	}
}

func TestTheZeroPageSaysWhereEverythingIs(t *testing.T) {
	g := newGuest(mapOf(t, testRAM))
	initrd := bytes.Repeat([]byte("ramdisk"), 1000)
	e := mustLoad(t, open(t, makeBzImage(5000, setup{0x250: 0})), g, params(g.m, "root=/dev/vda", initrd))
	zp := e.RSI
	for _, f := range []struct {
		name      string
		got, want uint64
	}{
		{"acpi_rsdp_addr", g.u64(zp + 0x70), ACPIBase},
		{"e820_entries", uint64(g.at(zp+0x1e8, 1)[0]), uint64(len(g.m))},
		{"sentinel", uint64(g.at(zp+0x1ef, 1)[0]), 0},
		{"boot_flag", uint64(g.u32(zp+0x1fe) & 0xffff), 0xaa55},
		{"header", uint64(g.u32(zp + 0x202)), 0x53726448},
		{"version", uint64(g.u32(zp+0x206) & 0xffff), 0x20f},
		{"type_of_loader", uint64(g.at(zp+0x210, 1)[0]), 0xff},
		{"code32_start", uint64(g.u32(zp + 0x214)), 0x1000000},
		{"ramdisk_image", uint64(g.u32(zp + 0x218)), testRAM - 2*pageSize},
		{"ramdisk_size", uint64(g.u32(zp + 0x21c)), 7000},
		{"cmd_line_ptr", uint64(g.u32(zp + 0x228)), cmdlineAddr},
		{"initrd_addr_max", uint64(g.u32(zp + 0x22c)), 0x7fffffff},
		{"xloadflags", uint64(g.u32(zp+0x236) & 0xffff), 1},
		{"cmdline_size", uint64(g.u32(zp + 0x238)), 2047},
		{"pref_address", g.u64(zp + 0x258), 0x1000000},
		{"init_size", uint64(g.u32(zp + 0x260)), 0x1800000},
	} {
		if f.got != f.want {
			t.Errorf("%s is %#x, want %#x", f.name, f.got, f.want)
		}
	}
	for i, r := range g.m {
		at := zp + 0x2d0 + uint64(i)*20
		if got := (Range{g.u64(at), g.u64(at + 8), RangeType(g.u32(at + 16))}); got != r {
			t.Errorf("e820 entry %d is %+v, want %+v", i, got, r)
		}
	}
	if got := g.at(cmdlineAddr, 14); string(got) != "root=/dev/vda\x00" {
		t.Errorf("command line %q", got)
	}
	if got := g.at(testRAM-2*pageSize, len(initrd)); !bytes.Equal(got, initrd) {
		t.Error("the initrd is not what the file has")
	}
}

func TestFieldsBehindAnOlderHeaderAreZeroNotCode(t *testing.T) {
	// This header ends behind cmdline_size; what follows in the file is the setup code.
	file := makeBzImage(5000, setup{0x200: 0x3aeb, 0x258: 0xcccccccccccccccc, 0x260: 0xcccccccc, 0x250: 0xcccccccccccccccc})
	g := newGuest(mapOf(t, testRAM))
	e := mustLoad(t, open(t, file), g, params(g.m, "", nil))
	if e.RIP != 0x200200 {
		t.Errorf("entry %#x, want code32_start, aligned", e.RIP)
	}
	if got := g.u64(e.RSI + 0x250); got != 0 {
		t.Errorf("setup_data %#x", got)
	}
}

func TestTheStartStateIsThatOfTheProtocol(t *testing.T) {
	for _, tc := range []struct {
		kind                Kind
		rip, rsi, rbx       uint64
		cr0, cr3, cr4, efer uint64
		l, db               bool
	}{
		{Vmlinux, 0x100200, infoAddr, 0, 0x80000011, pageTableAddr, 0x20, 0x500, true, false},
		{PVH, 0x100230, 0, infoAddr, 0x11, 0, 0, 0, false, true},
	} {
		t.Run(tc.kind.String(), func(t *testing.T) {
			file := payloadELF()
			k, err := OpenAs(tc.kind, bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			g := newGuest(mapOf(t, testRAM))
			e := mustLoad(t, k, g, params(g.m, "x", nil))
			if e.RIP != tc.rip || e.RSI != tc.rsi || e.RBX != tc.rbx || e.RFLAGS != 2 || e.RSP != stackTop {
				t.Errorf("registers %+v", e)
			}
			if e.CR0 != tc.cr0 || e.CR3 != tc.cr3 || e.CR4 != tc.cr4 || e.EFER != tc.efer {
				t.Errorf("control registers %#x %#x %#x %#x", e.CR0, e.CR3, e.CR4, e.EFER)
			}
			if e.CS.L != tc.l || e.CS.DB != tc.db || e.CS.Selector != 0x10 || e.CS.Limit != 0xffffffff || e.SS.Selector != 0x18 {
				t.Errorf("segments %+v %+v", e.CS, e.SS)
			}
			if got := g.at(0x100000, 0x3000); !bytes.Equal(got, bytes.Repeat([]byte{0x90}, 0x3000)) {
				t.Error("the segment is not what the file has")
			}
		})
	}
}

func TestTheDescriptorTableHoldsWhatTheRegistersSay(t *testing.T) {
	for kind, want := range map[Kind]string{
		Vmlinux: "[0 0 af9b000000ffff cf93000000ffff 8b0000000067 0]",
		PVH:     "[0 0 cf9b000000ffff cf93000000ffff 8b0000000067 0]",
	} {
		file := payloadELF()
		k, err := OpenAs(kind, bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		g := newGuest(mapOf(t, testRAM))
		e := mustLoad(t, k, g, params(g.m, "", nil))
		var table []uint64
		for at := e.GDT.Base; at < e.GDT.Base+uint64(e.GDT.Limit)+1; at += 8 {
			table = append(table, g.u64(at))
		}
		if got := fmt.Sprintf("%x", table); got != want {
			t.Errorf("%v: %s, want %s", kind, got, want)
		}
	}
}

// walk translates an address as a CPU in long mode does.
func walk(g *guest, cr3, va uint64) (uint64, bool) {
	table := cr3
	for _, shift := range []int{39, 30, 21} {
		e := g.u64(table + va>>shift&0x1ff*8)
		if e&3 != 3 {
			return 0, false
		}
		if shift == 21 && e&0x80 != 0 {
			return e&^0x1fffff | va&0x1fffff, true
		}
		table = e &^ 0xfff
	}
	return 0, false
}

func TestThePageTablesMapFourGiBToThemselvesAndNoMore(t *testing.T) {
	g := newGuest(mapOf(t, testRAM))
	e := mustLoad(t, open(t, makeBzImage(5000, nil)), g, params(g.m, "", nil))
	for va := uint64(0); va < 4<<30; va += 2<<20 - 4096 {
		if pa, ok := walk(g, e.CR3, va); !ok || pa != va {
			t.Fatalf("%#x is at %#x, mapped: %v", va, pa, ok)
		}
	}
	if pa, ok := walk(g, e.CR3, 4<<30); ok {
		t.Errorf("4 GiB is at %#x", pa)
	}
}

func TestThePVHStartInfoSaysWhereEverythingIs(t *testing.T) {
	g := newGuest(mapOf(t, testRAM))
	e := mustLoad(t, open(t, payloadELF()), g, params(g.m, "hello", []byte("initrd")))
	si := e.RBX
	initrd := uint64(testRAM - pageSize)
	for i, f := range []struct {
		name      string
		got, want uint64
	}{
		{"magic", uint64(g.u32(si)), 0x336ec578},
		{"version", uint64(g.u32(si + 4)), 1},
		{"flags", uint64(g.u32(si + 8)), 0},
		{"nr_modules", uint64(g.u32(si + 12)), 1},
		{"rsdp_paddr", g.u64(si + 32), ACPIBase},
		{"memmap_entries", uint64(g.u32(si + 48)), uint64(len(g.m))},
		{"modlist: paddr", g.u64(g.u64(si + 16)), initrd},
		{"modlist: size", g.u64(g.u64(si+16) + 8), 6},
		{"modlist: cmdline_paddr", g.u64(g.u64(si+16) + 16), 0},
	} {
		if f.got != f.want {
			t.Errorf("field %d, %s: %#x, want %#x", i, f.name, f.got, f.want)
		}
	}
	if got := g.at(g.u64(si+24), 6); string(got) != "hello\x00" {
		t.Errorf("command line %q", got)
	}
	for i, r := range g.m {
		at := g.u64(si+40) + uint64(i)*24
		if got := (Range{g.u64(at), g.u64(at + 8), RangeType(g.u64(at + 16))}); got != r {
			t.Errorf("memmap entry %d is %+v, want %+v", i, got, r)
		}
	}
}

func TestMemoryThatCanBeSlicedIsReadIntoDirectly(t *testing.T) {
	m := mapOf(t, testRAM)
	f := flatGuest{make([]byte, testRAM)}
	file := makeBzImage(5000, nil)
	if _, err := open(t, file).Load(f, params(m, "", []byte("initrd"))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.b[0x1000000:0x1000000+5000], file[4*sector:]) || string(f.b[testRAM-pageSize:][:6]) != "initrd" {
		t.Error("kernel or initrd is not what the file has")
	}
}

func TestLoadReadsTheKernelOnce(t *testing.T) {
	file := makeBzImage(1<<20, nil)
	r := &countReader{ReaderAt: bytes.NewReader(file)}
	k, err := Open(r, int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(mapOf(t, testRAM))
	mustLoad(t, k, g, params(g.m, "", nil))
	if r.total > int64(len(file))+headSize {
		t.Errorf("read %d bytes of a file of %d", r.total, len(file))
	}
}

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

type countReader struct {
	io.ReaderAt
	total int64
}

func (c *countReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.total += int64(n)
	return n, err
}
