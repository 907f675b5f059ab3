package kvm

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPortWritesOfEachSizeArrive(t *testing.T) {
	g := newGuest(t, bare,
		0xb0, 0x5a, // mov al, 0x5a
		0xe6, 0x42, // out 0x42, al
		0xba, 0x34, 0x12, // mov dx, 0x1234
		0xef,       // out dx, ax
		0x66, 0xef, // out dx, eax
		0xf4)
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RAX: 0x11223344, RFLAGS: 2}))
	for _, want := range []ExitIO{
		{true, 0x42, 1, 1, []byte{0x5a}},
		{true, 0x1234, 2, 1, []byte{0x5a, 0x33}},
		{true, 0x1234, 4, 1, []byte{0x5a, 0x33, 0x22, 0x11}},
	} {
		e := runTo[*ExitIO](g)
		if e.Write != want.Write || e.Port != want.Port || e.Size != want.Size || e.Count != want.Count || !bytes.Equal(e.Data, want.Data) {
			t.Errorf("%v %x, want %v %x", e, e.Data, &want, want.Data)
		}
	}
	if e := runTo[ExitHLT](g); e.Reason() != ReasonHLT {
		t.Error(e)
	}
}

func TestAPortReadTakesTheCallersData(t *testing.T) {
	g := newGuest(t, bare, 0xe5, 0x60, 0xf4) // in ax, 0x60; hlt
	e := runTo[*ExitIO](g)
	if e.Write || e.Port != 0x60 || e.Size != 2 {
		t.Fatal(e)
	}
	copy(e.Data, []byte{0xcd, 0xab})
	runTo[ExitHLT](g)
	if r, err := g.v.Regs(); err != nil || r.RAX != 0xabcd {
		t.Errorf("RAX %#x, %v", r.RAX, err)
	}
}

func TestStringOutputArrivesWhole(t *testing.T) {
	g := newGuest(t, bare, 0xf3, 0x6e, 0xf4) // rep outsb; hlt
	const text = "several bytes"
	copy(g.mem[dataBase:], text)
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RSI: dataBase, RCX: uint64(len(text)), RDX: 0x3f8, RFLAGS: 2}))
	var got []byte
	for len(got) < len(text) {
		e := runTo[*ExitIO](g)
		if !e.Write || e.Port != 0x3f8 || e.Size != 1 || len(e.Data) != e.Count {
			t.Fatal(e)
		}
		got = append(got, e.Data...)
	}
	if string(got) != text {
		t.Errorf("%q", got)
	}
	runTo[ExitHLT](g)
}

func TestStringInputIsTakenWhole(t *testing.T) {
	g := newGuest(t, bare, 0xf3, 0x6c, 0xf4) // rep insb; hlt
	const text = "as many bytes"
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RDI: dataBase, RCX: uint64(len(text)), RDX: 0x3f8, RFLAGS: 2}))
	for rest := text; rest != ""; {
		e := runTo[*ExitIO](g)
		if e.Write || len(e.Data) != e.Count || e.Count == 0 {
			t.Fatal(e)
		}
		rest = rest[copy(e.Data, rest):]
	}
	runTo[ExitHLT](g)
	if got := string(g.mem[dataBase : dataBase+len(text)]); got != text {
		t.Errorf("%q", got)
	}
}

// fs points the segment FS at the addresses without memory.
func (g *guest) fs(base uint64) {
	g.t.Helper()
	s, err := g.v.Sregs()
	check(g.t, err)
	s.FS.Base = base
	check(g.t, g.v.SetSregs(s))
}

func TestMemoryAccessesWithoutMemoryAreMMIO(t *testing.T) {
	g := newGuest(t, bare,
		0x64, 0xa0, 0x10, 0x00, // mov al, fs:[0x10]
		0x64, 0x66, 0xa3, 0x20, 0x00, // mov fs:[0x20], eax
		0xf4)
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RAX: 0x44332211, RFLAGS: 2}))
	g.fs(mmioBase)
	read := runTo[*ExitMMIO](g)
	if read.Write || read.Addr != mmioBase+0x10 || len(read.Data) != 1 {
		t.Fatal(read)
	}
	read.Data[0] = 0x99
	write := runTo[*ExitMMIO](g)
	if !write.Write || write.Addr != mmioBase+0x20 || !bytes.Equal(write.Data, []byte{0x99, 0x22, 0x33, 0x44}) {
		t.Fatalf("%v %x", write, write.Data)
	}
	runTo[ExitHLT](g)
}

func TestATripleFaultIsAShutdown(t *testing.T) {
	g := newGuest(t, bare, 0x0f, 0x0b) // ud2
	check(t, g.v.enterProtectedMode()) // real mode, where emulated, has vectors beyond any limit
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RSP: codeBase, RFLAGS: 2}))
	s, err := g.v.Sregs()
	check(t, err)
	s.IDT.Limit = 0
	check(t, g.v.SetSregs(s))
	runTo[ExitShutdown](g)
}

func TestAnInstructionThatKVMCanNotEmulateIsShown(t *testing.T) {
	insn := []byte{0x64, 0x66, 0x0f, 0xfc, 0x06, 0x10, 0x00} // paddb xmm0, fs:[0x10]
	g := newGuest(t, bare, insn...)
	g.fs(mmioBase) // so that hardware hands it to KVM, too
	s, err := g.v.Sregs()
	check(t, err)
	s.CR4 |= 1 << 9 // OSFXSR
	check(t, g.v.SetSregs(s))
	e := runTo[*ExitInternalError](g)
	if e.Suberror != SuberrorEmulation || !bytes.HasPrefix(e.Instruction, insn) {
		t.Errorf("%v: %x", e, e.Instruction)
	}
	if err := error(e); !errors.As(err, &e) {
		t.Error("is not an error")
	}
}

func TestAnInterruptWindowOpensWhenTheGuestAllowsIt(t *testing.T) {
	g := newGuest(t, bare,
		0xe6, 0x01, // out 1, al: interrupts are still off
		0xfb,             // sti
		0x90, 0xeb, 0xfd) // nop; jmp to it
	g.handler(0x40)
	g.v.RequestInterruptWindow(true)
	runTo[*ExitIO](g)
	runTo[ExitIRQWindowOpen](g)
	g.v.RequestInterruptWindow(false)
	check(t, g.v.Interrupt(0x40))
	if e := runTo[*ExitIO](g); e.Port != handlerPort || e.Data[0] != 0x40 {
		t.Error(e)
	}
}

func TestAClosedVCPURefusesAndIsNotKicked(t *testing.T) {
	vm := newVM(t)
	v, err := vm.CreateVCPU(0)
	check(t, err)
	check(t, v.Close())
	check(t, v.Close())
	v.Kick()
	if _, err := v.Run(); !errors.Is(err, unix.EBADF) {
		t.Errorf("Run: %v", err)
	}
	if _, err := v.Regs(); !errors.Is(err, unix.EBADF) {
		t.Errorf("Regs: %v", err)
	}
}

// spinOut is a guest that does nothing but write to a port.
func spinOut(t testing.TB) *guest {
	return newGuest(t, bare, 0xe6, 0x10, 0xeb, 0xfc) // out 0x10, al; jmp to it
}

func TestRunDoesNotAllocate(t *testing.T) {
	g := spinOut(t)
	var n int
	allocs := testing.AllocsPerRun(200, func() {
		exit, err := g.v.Run()
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := exit.(*ExitIO); ok {
			n += len(e.Data)
		}
	})
	if allocs != 0 || n < 100 {
		t.Errorf("%v allocations, %d bytes", allocs, n)
	}
}

func TestInterruptsDoNotAllocate(t *testing.T) {
	g := newGuest(t, irqchip, 0xf4)
	allocs := testing.AllocsPerRun(100, func() {
		if err := g.vm.IRQLine(3, true); err != nil {
			t.Fatal(err)
		}
		if _, err := g.vm.SignalMSI(MSI{Address: 0xfee00000, Data: 0x40}); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkRunToPortWrite(b *testing.B) {
	g := spinOut(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.v.Run(); err != nil {
			b.Fatal(err)
		}
	}
}
