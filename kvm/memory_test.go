package kvm

import (
	"strings"
	"testing"
)

func TestTheDirtyLogHasThePagesWrittenTo(t *testing.T) {
	code := []byte{
		0xc6, 0x06, 0x00, 0x90, 0x01, // mov byte [0x9000], 1
		0xc6, 0x06, 0x00, 0xb0, 0x01, // mov byte [0xb000], 1
		0xf4,
	}
	g := newGuest(t, bare, code...)
	g.slot.Flags = MemLogDirtyPages
	check(t, g.vm.SetUserMemoryRegion(g.slot))
	for _, want := range []uint64{1<<9 | 1<<11, 0} {
		if want != 0 {
			runTo[ExitHLT](g)
		}
		bitmap := make([]uint64, memSize/4096/64)
		check(t, g.vm.DirtyLog(g.slot, bitmap))
		if bitmap[0] != want || bitmap[1] != 0 {
			t.Errorf("%#x, want %#x", bitmap, want)
		}
	}
}

func TestADirtyLogThatDoesNotFitIsRefused(t *testing.T) {
	g := newGuest(t, bare, 0xf4)
	for _, words := range []int{0, memSize/4096/64 - 1} {
		if err := g.vm.DirtyLog(g.slot, make([]uint64, words)); err == nil {
			t.Errorf("%d words were taken", words)
		}
	}
	if err := g.vm.DirtyLog(MemoryRegion{Slot: 1}, make([]uint64, 4)); err == nil {
		t.Error("a deleted slot was taken")
	}
}

func TestAMemoryRegionOffThePageGridIsRefused(t *testing.T) {
	vm, mem := newVM(t), mmap(t, 2*4096)
	for name, r := range map[string]MemoryRegion{
		"host":   {Memory: mem[1:4097]},
		"guest":  {GuestPhysAddr: 0x800, Memory: mem},
		"length": {Memory: mem[:100]},
	} {
		if err := vm.SetUserMemoryRegion(r); err == nil || !strings.Contains(err.Error(), "page size") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAWriteToReadOnlyMemoryIsMMIO(t *testing.T) {
	g := newGuest(t, bare,
		0x64, 0xa0, 0x10, 0x00, // mov al, fs:[0x10]
		0x64, 0xa2, 0x11, 0x00, // mov fs:[0x11], al
		0xf4)
	g.fs(mmioBase)
	rom := mmap(t, 4096)
	rom[0x10] = 0x77
	check(t, g.vm.SetUserMemoryRegion(MemoryRegion{Slot: 1, Flags: MemReadOnly, GuestPhysAddr: mmioBase, Memory: rom}))
	if e := runTo[*ExitMMIO](g); !e.Write || e.Addr != mmioBase+0x11 || e.Data[0] != 0x77 {
		t.Errorf("%v of %#x", e, e.Data)
	}
	runTo[ExitHLT](g)
	if rom[0x11] != 0 {
		t.Error("the write went through")
	}
}

func TestADeletedSlotIsNoMemory(t *testing.T) {
	g := newGuest(t, bare, 0x64, 0xa0, 0x10, 0x00, 0xf4) // mov al, fs:[0x10]
	g.fs(mmioBase)
	r := MemoryRegion{Slot: 1, GuestPhysAddr: mmioBase, Memory: mmap(t, 4096)}
	check(t, g.vm.SetUserMemoryRegion(r))
	runTo[ExitHLT](g)
	r.Memory = nil
	check(t, g.vm.SetUserMemoryRegion(r))
	g.load()
	g.fs(mmioBase)
	runTo[*ExitMMIO](g)
}
