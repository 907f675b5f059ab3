package pci

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices"
)

// offset is a region that answers with the low byte of the offset it was asked for.
type offset byte

func (o offset) Read(off uint64, p []byte) {
	for i := range p {
		p[i] = byte(off) + byte(o)
	}
}
func (offset) Write(uint64, []byte) {}

// ports drives a root as a guest does.
type ports struct {
	*testing.T
	devices.Region
}

func (p ports) address(v uint32) { p.Write(0, binary.LittleEndian.AppendUint32(nil, v)) }

func (p ports) in(port uint64, size int) uint32 {
	var b [4]byte
	p.Read(port-0xcf8, b[:size])
	return binary.LittleEndian.Uint32(b[:])
}

func TestConfigurationMechanism1(t *testing.T) {
	r := NewRoot()
	card := NewFunction(transitional)
	if slot, err := r.Attach(4, card); err != nil || slot != 4 {
		t.Fatal(slot, err)
	}
	p := ports{t, r.Config()}
	for _, c := range []struct {
		name    string
		address uint32
		port    uint64
		size    int
		want    uint32
	}{
		{"the host bridge is at 00.0", 0x80000000, 0xcfc, 4, 0x12378086},
		{"a card is at its slot", 0x80002000, 0xcfc, 4, 0x10001af4},
		{"the port chooses the byte", 0x80002000, 0xcfe, 2, 0x1000},
		{"the low bits of the address choose the byte (qtest)", 0x80002002, 0xcfc, 2, 0x1000},
		{"both name the same byte as QEMU joins them", 0x80002002, 0xcfe, 2, 0x1000},
		{"an absent slot reads as ones", 0x80002800, 0xcfc, 4, 0xffffffff},
		{"an absent function reads as ones", 0x80002100, 0xcfc, 2, 0xffff},
		{"an absent bus reads as ones", 0x80010000, 0xcfc, 4, 0xffffffff},
		{"without the enable bit nothing answers", 0x00000000, 0xcfc, 4, 0xffffffff},
		{"the address reads back", 0x80002004, 0xcf8, 4, 0x80002004},
		{"the address in part is its lowest byte, wherever it is asked for", 0x80002004, 0xcfa, 1, 0x04},
		{"the address in part is its lowest bytes, wherever they are asked for", 0x80002004, 0xcfa, 2, 0x2004},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.address(c.address)
			if got := p.in(c.port, c.size); got != c.want {
				t.Errorf("%#x, want %#x", got, c.want)
			}
		})
	}
	t.Run("a write reaches the function", func(t *testing.T) {
		p.address(0x80002004)
		p.Write(4, []byte{6, 0})
		if got := card.Command(); got != 6 {
			t.Errorf("COMMAND %#x", got)
		}
	})
	t.Run("a write to an absent function is dropped", func(t *testing.T) {
		p.address(0x80002804)
		p.Write(4, []byte{6, 0})
	})
	t.Run("Linux's probe: a byte at 0xcfb leaves the address alone", func(t *testing.T) {
		p.address(0x80000000)
		p.Write(3, []byte{1})
		if got := p.in(0xcf8, 4); got != 0x80000000 {
			t.Errorf("address %#x", got)
		}
	})
	t.Run("a reset clears address and COMMAND", func(t *testing.T) {
		p.address(0x80002000)
		r.Reset()
		if p.in(0xcf8, 4) != 0 || card.Command() != 0 {
			t.Error("something survived")
		}
	})
}

func TestResetControlRegister(t *testing.T) {
	r := NewRoot()
	resets := 0
	r.OnHardReset(func() { resets++ })
	p := ports{t, r.Config()}
	p.address(0x80000000)
	p.Write(1, []byte{0x02})
	if resets != 0 || p.in(0xcf9, 1) != 2 {
		t.Errorf("choosing the kind of reset: %d resets, register %#x", resets, p.in(0xcf9, 1))
	}
	p.Write(1, []byte{0x06})
	if resets != 1 {
		t.Errorf("%d resets, want 1", resets)
	}
	if got := p.in(0xcf8, 4); got != 0x80000000 {
		t.Errorf("0xcf9 changed the configuration address to %#x", got)
	}
	p.Write(0, []byte{6, 6, 6, 6})
	if resets != 1 {
		t.Error("a 32-bit write of the address reset the machine")
	}
}

func TestAttach(t *testing.T) {
	r := NewRoot()
	next := func() int {
		slot, err := r.Attach(-1, NewFunction(transitional))
		if err != nil {
			t.Fatal(err)
		}
		return slot
	}
	if a, b := next(), next(); a != 2 || b != 3 {
		t.Errorf("free slots %d and %d, want 2 and 3", a, b)
	}
	if _, err := r.Attach(3, NewFunction(transitional)); err == nil || !strings.Contains(err.Error(), "03.0 is taken") {
		t.Errorf("taken slot: %v", err)
	}
	if _, err := r.Attach(32, NewFunction(transitional)); err == nil || !strings.Contains(err.Error(), "20.0") {
		t.Errorf("no such slot: %v", err)
	}
	if err := r.AttachAt(5, 1, NewFunction(transitional)); err != nil {
		t.Fatal(err)
	}
	first := NewFunction(transitional)
	if err := r.AttachAt(5, 0, first); err != nil {
		t.Fatal(err)
	}
	if got := read32(first, 0x0c) >> 16; got != 0x80 {
		t.Errorf("header type of a slot with two functions is %#x, want 0x80", got)
	}
	for range 27 {
		next()
	}
	if _, err := r.Attach(-1, NewFunction(transitional)); err == nil || !strings.Contains(err.Error(), "32 slots are taken") {
		t.Errorf("full bus: %v", err)
	}
}

func TestWindow(t *testing.T) {
	r := NewRoot()
	great, small := NewFunction(transitional), NewFunction(transitional)
	great.AddBAR(1, Mem32, 0x10000, offset(0), nil)
	small.AddBAR(1, Mem32, 0x1000, offset(0x40), nil)
	small.AddBAR(0, IO, 0x20, offset(0), nil)
	for slot, f := range []*Function{great, small} {
		if _, err := r.Attach(slot+2, f); err != nil {
			t.Fatal(err)
		}
	}
	write32(great, 0x14, 0xe0000000)
	write32(small, 0x14, 0xe0001000)
	write32(small, 0x10, 0xc000)
	write16(great, 4, 3)
	write16(small, 4, 3)
	mem, io := r.Window(Memory, 0xc0000000), r.Window(Ports, 0xc000)
	for _, c := range []struct {
		name string
		w    devices.Region
		off  uint64
		size int
		want byte
	}{
		{"an offset is counted from the BAR", mem, 0x20000008, 1, 0x08},
		{"of two BARs that overlap the later one answers", mem, 0x20001008, 1, 0x48},
		{"behind the small one the great one goes on", mem, 0x20002008, 1, 0x08},
		{"the last byte of the great one answers", mem, 0x2000ffff, 1, 0xff},
		{"behind both is nothing, which in memory reads as zero", mem, 0x20010000, 4, 0},
		{"ports have a window of their own", io, 0x4, 1, 0x04},
		{"ports and memory do not mix: where nobody answers a port reads as ones", io, 0x2000, 1, 0xff},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := make([]byte, c.size)
			c.w.Read(c.off, got)
			if !bytes.Equal(got, bytes.Repeat([]byte{c.want}, c.size)) {
				t.Errorf("% x, want %02x", got, c.want)
			}
		})
	}
	t.Run("an access over an edge is answered inside", func(t *testing.T) {
		for _, c := range []struct {
			w    devices.Region
			off  uint64
			want []byte
		}{{mem, 0x2000fffe, []byte{0xfe, 0xfe, 0, 0}}, {mem, 0x1ffffffe, []byte{0, 0, 0, 0}}, {io, 0x1e, []byte{0x1e, 0x1e, 0xff, 0xff}}} {
			got := make([]byte, 4)
			if c.w.Read(c.off, got); !bytes.Equal(got, c.want) {
				t.Errorf("at %#x: % x, want % x", c.off, got, c.want)
			}
		}
	})
	t.Run("a BAR that is switched off vanishes", func(t *testing.T) {
		write16(great, 4, 0)
		if _, _, ok := r.Lookup(Memory, 0xe0000000); ok {
			t.Error("still there")
		}
		if reg, off, ok := r.Lookup(Memory, 0xe0001010); !ok || off != 0x10 || reg != offset(0x40) {
			t.Errorf("its neighbour: %v %#x %v", reg, off, ok)
		}
		if r.Write(Memory, 0xe0000000, []byte{0}) {
			t.Error("a write was answered")
		}
	})
	t.Run("a lookup allocates nothing", func(t *testing.T) {
		p := make([]byte, 4)
		if n := testing.AllocsPerRun(100, func() { mem.Read(0x20001008, p) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestROM(t *testing.T) {
	r := NewRoot()
	f := NewFunction(transitional)
	f.AddROM(0x40000, []byte{0x55, 0xaa})
	if _, err := r.Attach(2, f); err != nil {
		t.Fatal(err)
	}
	write32(f, 0x30, 0xe0000000)
	write16(f, 4, 2)
	p := make([]byte, 4)
	if r.Read(Memory, 0xe0000000, p) {
		t.Error("a ROM answers though its enable bit is clear")
	}
	write32(f, 0x30, 0xe0000001)
	if !r.Read(Memory, 0xe0000000, p) || !bytes.Equal(p, []byte{0x55, 0xaa, 0, 0}) {
		t.Errorf("contents % x", p)
	}
	r.Write(Memory, 0xe0000000, []byte{1})
	if !r.Read(Memory, 0xe003fffc, p) || !bytes.Equal(p, make([]byte, 4)) {
		t.Errorf("behind the contents % x, want zeros", p)
	}
}
