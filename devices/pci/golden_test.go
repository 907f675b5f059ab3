package pci

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
)

// nothing is a region that a test never reaches.
type nothing struct{}

func (nothing) Read(uint64, []byte)  {}
func (nothing) Write(uint64, []byte) {}

// A variant is a configuration of QEMU's virtio-net-pci, as far as PCI sees it.
type variant struct {
	name    string
	dump    string // in testdata: configuration space as QEMU 7.2 has it at power on
	id      Identity
	bar0    uint64 // legacy registers
	pio     bool   // BAR 2 for notifications
	bar4    uint64 // modern registers
	notify  uint32 // length of the notification structure
	step    uint32 // notify_off_multiplier
	vectors int
	rom     uint64
	sizes   map[int]uint32 // what registers read after a write of all ones
}

var (
	transitional = Identity{Vendor: 0x1af4, Device: 0x1000, SubVendor: 0x1af4, SubDevice: 0x0001, Class: 0x020000, Pin: 1}
	modernOnly   = Identity{Vendor: 0x1af4, Device: 0x1041, SubVendor: 0x1af4, SubDevice: 0x1100, Class: 0x020000, Revision: 1, Pin: 1}
)

var variants = []variant{
	{"a transitional card", "transitional", transitional, 0x20, false, 0x4000, 0x1000, 4, 4, 0x40000,
		map[int]uint32{0x10: 0xffffffe1, 0x14: 0xfffff000, 0x18: 0, 0x1c: 0, 0x20: 0xffffc00c, 0x24: 0xffffffff, 0x30: 0xfffc0001}},
	{"a card with more device configuration", "transitional", transitional, 0x40, false, 0x4000, 0x1000, 4, 4, 0x40000,
		map[int]uint32{0x10: 0xffffffc1}},
	{"a card without a ROM file", "transitional", transitional, 0x20, false, 0x4000, 0x1000, 4, 4, 0,
		map[int]uint32{0x30: 0}},
	{"a modern card", "non-transitional", modernOnly, 0, false, 0x4000, 0x1000, 4, 4, 0x40000,
		map[int]uint32{0x10: 0, 0x14: 0xfffff000, 0x20: 0xffffc00c, 0x24: 0xffffffff}},
	{"a legacy card", "disable-modern", transitional, 0x20, false, 0, 0, 0, 4, 0x40000,
		map[int]uint32{0x10: 0xffffffe1, 0x14: 0xfffff000, 0x20: 0, 0x24: 0}},
	{"a card with a notification port", "modern-pio-notify", transitional, 0x20, true, 0x4000, 0x1000, 4, 4, 0x40000,
		map[int]uint32{0x18: 0xfffffffd, 0x20: 0xffffc00c}},
	{"a card with a page for each queue", "page-per-vq", transitional, 0x20, false, 0x800000, 0x400000, 0x1000, 4, 0x40000,
		map[int]uint32{0x20: 0xff80000c, 0x24: 0xffffffff}},
	{"a card without MSI-X", "vectors-0", transitional, 0x20, false, 0x4000, 0x1000, 4, 0, 0x40000,
		map[int]uint32{0x14: 0}},
}

// build makes the function in the order in which QEMU does.
func (v variant) build() *Function {
	f := NewFunction(v.id)
	if v.bar4 != 0 {
		f.AddBAR(4, Mem64Prefetch, v.bar4, nothing{}, nil)
		f.AddCapability(CapabilityVendor, structure(1, 4, 0, 0x1000), nil)
		f.AddCapability(CapabilityVendor, structure(3, 4, 0x1000, 0x1000), nil)
		f.AddCapability(CapabilityVendor, structure(4, 4, 0x2000, 0x1000), nil)
		f.AddCapability(CapabilityVendor, structure(2, 4, 0x3000, v.notify, v.step), nil)
		if v.pio {
			f.AddBAR(2, IO, 4, nothing{}, nil)
			f.AddCapability(CapabilityVendor, structure(2, 2, 0, 4, 0), nil)
		}
		f.AddCapability(CapabilityVendor, structure(5, 0, 0, 0, 0), nil)
	}
	if v.vectors != 0 {
		f.AddMSIX(v.vectors, 1, new(recorder))
	}
	if v.bar0 != 0 {
		f.AddBAR(0, IO, v.bar0, nothing{}, nil)
	}
	if v.rom != 0 {
		f.AddROM(v.rom, nil)
	}
	return f
}

// structure is struct virtio_pci_cap (virtio 1.4, 4.1.4) after its first two bytes.
func structure(kind, bar byte, offset, length uint32, more ...uint32) []byte {
	b := []byte{byte(16 + 4*len(more)), kind, bar, 0, 0, 0}
	for _, v := range append([]uint32{offset, length}, more...) {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func dump(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for line := range strings.Lines(string(text)) {
		_, row, _ := strings.Cut(strings.TrimSpace(line), ": ")
		b, err := hex.DecodeString(strings.ReplaceAll(row, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func whole(f *Function) []byte {
	p := make([]byte, 256)
	f.ReadConfig(0, p)
	return p
}

func equalDump(t *testing.T, got, want []byte) {
	t.Helper()
	for row := 0; row < len(want); row += 16 {
		if g, w := got[row:row+16], want[row:row+16]; !bytes.Equal(g, w) {
			t.Errorf("%02x: % x\nwant % x", row, g, w)
		}
	}
}

func TestConfigurationSpaceEqualsQEMUs(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			f := v.build()
			equalDump(t, whole(f), dump(t, v.dump))
			for reg, want := range v.sizes {
				write32(f, reg, 0xffffffff)
				if got := read32(f, reg); got != want {
					t.Errorf("sizing the register at %#x reads %08x, want %08x", reg, got, want)
				}
			}
			f.Reset()
			equalDump(t, whole(f), dump(t, v.dump))
		})
	}
}

func TestChipsOfThePCMachineEqualQEMUs(t *testing.T) {
	r := NewRoot()
	if err := r.AttachPIIX(0, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		slot, function int
		want           map[int]uint32
	}{
		{0, 0, map[int]uint32{0: 0x12378086, 4: 0, 8: 0x06000002, 0xc: 0, 0x2c: 0x11001af4, 0x54: 0x10000000, 0x70: 0x00020000}},
		{1, 0, map[int]uint32{0: 0x70008086, 4: 0x02000000, 8: 0x06010000, 0xc: 0x00800000, 0x2c: 0x11001af4, 0x60: 0x80808080, 0x74: 0x0c0c0000}},
		{1, 3, map[int]uint32{0: 0x71138086, 4: 0x02800000, 8: 0x06800003, 0xc: 0, 0x2c: 0x11001af4, 0x3c: 0x00000100, 0x90: 0x0000b101}},
	} {
		t.Run(fmt.Sprintf("%02x.%x", c.slot, c.function), func(t *testing.T) {
			for reg, want := range c.want {
				if got := read32(r.Function(c.slot, c.function), reg); got != want {
					t.Errorf("register %#x reads %08x, want %08x", reg, got, want)
				}
			}
		})
	}
}

func read32(f *Function, off int) uint32 {
	var p [4]byte
	f.ReadConfig(off, p[:])
	return binary.LittleEndian.Uint32(p[:])
}

func write32(f *Function, off int, v uint32) {
	f.WriteConfig(off, binary.LittleEndian.AppendUint32(nil, v))
}

func write16(f *Function, off int, v uint16) {
	f.WriteConfig(off, binary.LittleEndian.AppendUint16(nil, v))
}
