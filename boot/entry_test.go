package boot

import (
	"bytes"
	"fmt"
	"testing"
)

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
