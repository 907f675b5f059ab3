package pci

import (
	"sync"
	"testing"
)

// Run with the race detector. The guest moves a BAR and switches COMMAND on one vCPU, uses the BAR on another, and the device
// interrupts meanwhile.
func TestVCPUsAndDeviceAtOnce(t *testing.T) {
	r := NewRoot()
	var maps journal
	f := NewFunction(transitional)
	f.AddBAR(1, Mem32, 0x1000, offset(0), maps.mapped)
	x := f.AddMSIX(4, 2, new(recorder))
	f.SetPin(&journal{})
	f.OnCommand(func(_, now uint16) { f.SetLevel(now&CommandBusMaster == 0) })
	if _, err := r.Attach(2, f); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, do := range []func(i int){
		func(i int) { write32(f, 0x14, uint32(0xe0000000+i%2<<16)) },
		func(i int) { write16(f, 4, uint16(i%2*CommandMemory)) },
		func(i int) { f.SetCommand(uint16(i % 8)) },
		func(i int) { f.SetLevel(i%2 == 0); x.Signal(i % 5) },
		func(i int) { r.Read(Memory, 0xe0000000, make([]byte, 4)); read32(f, 4) },
		func(i int) {
			if i%50 == 0 {
				r.Reset()
			}
		},
	} {
		wg.Go(func() {
			for i := range 500 {
				do(i)
			}
		})
	}
	wg.Wait()

	write16(f, 4, CommandMemory)
	write32(f, 0x14, 0xe0000000)
	if _, _, ok := r.Lookup(Memory, 0xe0000000); !ok {
		t.Error("the BAR does not answer where it was put last")
	}
	if last := maps[len(maps)-1]; last != "0xe0000000 true" {
		t.Errorf("the machine was told last: %s", last)
	}
	f.SetLevel(true)
	if driven := f.intx.driven; !driven {
		t.Error("the pin does not follow the level")
	}
}
