package pci

import (
	"encoding/binary"
	"testing"
)

// FuzzConfigurationSpace makes accesses that the input chooses, five bytes each: what, where, and up to three bytes of data;
// through the ports and through the windows. Nothing may panic, read-only bytes stay, and what is decoded is what
// configuration space says.
func FuzzConfigurationSpace(f *testing.F) {
	f.Add([]byte{2, 0x10, 0, 0xc0, 0, 1, 4, 7, 0, 0, 0x13, 0, 1, 2, 3})
	f.Add([]byte{1, 0x9a, 0, 0x80, 0, 0x42, 0x0c, 0, 0, 0, 0x81, 0, 0, 0, 0})
	f.Add([]byte{3, 0xfe, 0xff, 0xff, 0xff, 2, 0x20, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewRoot()
		card := variants[0].build()
		if _, err := r.Attach(4, card); err != nil {
			t.Fatal(err)
		}
		if err := r.AssignResources(0xc000, 0x10000, 0xe0000000, 0xf0000000, nil); err != nil {
			t.Fatal(err)
		}
		ports := r.Config()
		ports.Write(0, binary.LittleEndian.AppendUint32(nil, 0x80002000))
		for ; len(in) >= 5; in = in[5:] {
			op, at, data := in[0], in[1], append([]byte{}, in[2:5]...)
			size := 1 << (op & 3)
			p := append(data, 0, 0, 0, 0, 0)[:size]
			switch op >> 2 & 7 {
			case 0:
				card.WriteConfig(int(at), p)
			case 1:
				card.ReadConfig(int(at), p)
			case 2:
				ports.Write(uint64(at&7), p)
			case 3:
				ports.Read(uint64(at&7), p)
			case 4:
				r.Write(Memory, 0xe0044000+uint64(at)<<4|uint64(op>>5), p)
			case 5:
				r.Read(op&0x80 != 0, uint64(binary.LittleEndian.Uint32(in[1:5])), p)
			case 6:
				card.msix.Signal(int(int8(at)))
			case 7:
				card.SetLevel(at&1 != 0)
			}
			check(t, card, r)
		}
	})
}

// check holds after any access.
func check(t *testing.T, card *Function, r *Root) {
	fresh := whole(variants[0].build())
	now := whole(card)
	status := now[regStatus] &^ statusInterrupt
	if status != fresh[regStatus] || now[regStatus+1] != fresh[regStatus+1] {
		t.Fatalf("STATUS %02x %02x", now[regStatus], now[regStatus+1])
	}
	for i := range now {
		if i != regStatus && now[i]&^card.mask[i] != fresh[i]&^card.mask[i] {
			t.Fatalf("read-only bits of byte %#x became %#x", i, now[i])
		}
	}
	for _, b := range card.bars {
		var c space
		copy(c[:], now)
		addr, ok := b.decodes(&c)
		if b.ok != ok || b.addr != addr {
			t.Fatalf("the BAR at %#x answers %#x %v, configuration space says %#x %v", b.reg, b.addr, b.ok, addr, ok)
		}
		if _, _, found := r.Lookup(b.kind == IO, addr); ok && !found {
			t.Fatalf("nobody answers %#x", addr)
		}
	}
}
