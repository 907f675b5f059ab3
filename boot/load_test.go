package boot

import (
	"bytes"
	"io"
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
	e := mustLoad(t, open(t, makeBzImage(5000, setup{0x250: 0x1234})), g, params(g.m, "root=/dev/vda", initrd))
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
		{"setup_data, which is not the file's to say", g.u64(zp + 0x250), 0},
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

type countReader struct {
	io.ReaderAt
	total int64
}

func (c *countReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.total += int64(n)
	return n, err
}
