package pci

import "testing"

func TestADetachedSlotIsEmpty(t *testing.T) {
	r := NewRoot()
	f := variants[0].build()
	if _, err := r.Attach(4, f); err != nil {
		t.Fatal(err)
	}
	write32(f, 0x20, 0xe0000000)
	write32(f, 4, CommandMemory)
	if _, _, ok := r.Lookup(Memory, 0xe0000000); !ok {
		t.Fatal("BAR 4 decodes nothing")
	}
	r.Detach(4)
	if _, _, ok := r.Lookup(Memory, 0xe0000000); ok || r.Function(4, 0) != nil {
		t.Error("the function is still there")
	}
	write32(f, 0x20, 0xe0100000) // an access that was under way
	if _, _, ok := r.Lookup(Memory, 0xe0100000); ok {
		t.Error("a function that is on no bus decodes an address")
	}
	if slot, err := r.Attach(4, variants[0].build()); slot != 4 || err != nil {
		t.Errorf("the slot cannot be filled again: %v", err)
	}
	r.Detach(9) // where nothing is
}

func TestFunctionsSayWhatIsOnTheBus(t *testing.T) {
	r := NewRoot()
	f := variants[0].build()
	if _, err := r.Attach(4, f); err != nil {
		t.Fatal(err)
	}
	write32(f, 0x20, 0xe0000000)
	write32(f, 0x3c, 11)
	write32(f, 4, CommandMemory)
	all := r.Functions()
	if len(all) != 2 || all[0].Device != 0x1237 || len(all[0].BARs) != 0 {
		t.Fatalf("%+v", all)
	}
	card := all[1]
	if card.Slot != 4 || card.Vendor != 0x1af4 || card.SubDevice != 1 || card.Class != 0x020000 || card.Pin != 1 || card.Line != 11 {
		t.Errorf("%+v", card)
	}
	last := -1
	for _, b := range card.BARs {
		if b.Number <= last {
			t.Errorf("BAR %d stands behind BAR %d", b.Number, last)
		}
		last = b.Number
		if want := b.Number == 4; b.Mapped != want || want && b.Addr != 0xe0000000 {
			t.Errorf("BAR %d: %+v", b.Number, b)
		}
	}
	if last < 4 {
		t.Errorf("the BARs are %+v", card.BARs)
	}
}
