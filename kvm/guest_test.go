package kvm

import (
	"context"
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests' guests are a few bytes of machine code at codeBase, in real mode (ring 0) or in long mode ring 3.
const (
	memSize   = 1 << 20
	codeBase  = 0x8000
	pageTable = 0x2000 // PML4, PDPT and PD, for ring 3
	dataBase  = 0x9000
	mmioBase  = 0x200000 // beyond the memory
)

// newSystem fails, and never skips: a host without KVM can not show that this package works.
func newSystem(t testing.TB) *System {
	t.Helper()
	s, err := Open()
	if err != nil {
		t.Fatalf("the tests of package kvm need KVM (CI=%q, DRYDOCK_REQUIRE_KVM=%q): %v",
			os.Getenv("CI"), os.Getenv("DRYDOCK_REQUIRE_KVM"), err)
	}
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

func newVM(t testing.TB) *VM {
	t.Helper()
	vm, err := newSystem(t).CreateVM()
	check(t, err)
	t.Cleanup(func() { check(t, vm.Close()) })
	check(t, vm.SetTSSAddr(0xfffbd000))
	check(t, vm.SetIdentityMapAddr(0xfffbc000))
	return vm
}

// A guest is a VM with one processor.
type guest struct {
	t    testing.TB
	vm   *VM
	v    *VCPU
	mem  []byte
	slot MemoryRegion
}

// bare has no interrupt controller: HLT exits. irqchip has, and HLT sleeps in the kernel.
type controllers bool

const (
	bare    controllers = false
	irqchip controllers = true
)

// newGuest runs code in real mode from codeBase, segments at 0, with a stack below it.
func newGuest(t testing.TB, with controllers, code ...byte) *guest {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	g := &guest{t: t, vm: newVM(t), mem: mmap(t, memSize)}
	if with == irqchip {
		check(t, g.vm.CreateIRQChip())
	}
	g.slot = MemoryRegion{Slot: 0, Memory: g.mem}
	check(t, g.vm.SetUserMemoryRegion(g.slot))
	v, err := g.vm.CreateVCPU(0)
	check(t, err)
	t.Cleanup(func() { check(t, v.Close()) })
	g.v = v
	g.load(code...)
	return g
}

func (g *guest) load(code ...byte) {
	g.t.Helper()
	copy(g.mem[codeBase:], code)
	s, err := g.v.Sregs()
	check(g.t, err)
	s.CS.Base, s.CS.Selector = 0, 0
	check(g.t, g.v.SetSregs(s))
	check(g.t, g.v.SetRegs(Regs{RIP: codeBase, RSP: codeBase, RFLAGS: 2}))
}

// ring3 puts the processor into 64-bit mode at privilege level 3, with the first 2 MB mapped to themselves.
func (g *guest) ring3() {
	g.t.Helper()
	const present, writable, user, huge = 1, 2, 4, 0x80
	for i, entry := range []uint64{pageTable + 0x1000, pageTable + 0x2000, 0} {
		if i == 2 {
			entry |= huge
		}
		binary.LittleEndian.PutUint64(g.mem[pageTable+i*0x1000:], entry|present|writable|user)
	}
	s, err := g.v.Sregs()
	check(g.t, err)
	seg := Segment{Limit: 0xffffffff, Present: 1, S: 1, G: 1, DPL: 3}
	code, data := seg, seg
	code.Selector, code.Typ, code.L = 0x1b, 0xb, 1
	data.Selector, data.Typ, data.DB = 0x23, 0x3, 1
	s.CS, s.DS, s.ES, s.FS, s.GS, s.SS = code, data, data, data, data, data
	s.CR0, s.CR3, s.CR4, s.EFER = 0x80000033, pageTable, 0x620, 0x500
	check(g.t, g.v.SetSregs(s))
}

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// run returns the next exit that is not a stray signal.
func (g *guest) run() Exit {
	g.t.Helper()
	defer time.AfterFunc(patience, func() { g.t.Errorf("the guest runs for %v", patience); g.v.Kick() }).Stop()
	for {
		exit, err := g.v.Run()
		check(g.t, err)
		if _, stray := exit.(ExitIntr); !stray || g.t.Failed() {
			return exit
		}
	}
}

// runTo is run for an exit of one type.
func runTo[E Exit](g *guest) E {
	g.t.Helper()
	exit := g.run()
	e, ok := exit.(E)
	if !ok {
		r, _ := g.v.Regs()
		g.t.Fatalf("exit %v at %#x, want %T", exit, r.RIP, e)
	}
	return e
}

// background runs the guest on a thread of its own until ctx ends, and passes on what its exits are.
func (g *guest) background(ctx context.Context) <-chan Exit {
	g.v.Unbind()
	exits := make(chan Exit, 64)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		defer close(exits)
		for ctx.Err() == nil {
			exit, err := g.v.Run()
			if err != nil {
				g.t.Error(err)
				return
			}
			exits <- exit
		}
	}()
	return exits
}

func mmap(t testing.TB, size int) []byte {
	t.Helper()
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
	check(t, err)
	t.Cleanup(func() { check(t, unix.Munmap(mem)) })
	return mem
}

func eventfd(t testing.TB) int {
	t.Helper()
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	check(t, err)
	t.Cleanup(func() { check(t, unix.Close(fd)) })
	return fd
}

// count returns, and clears, what an eventfd has counted.
func count(t testing.TB, fd int) uint64 {
	t.Helper()
	var b [8]byte
	if _, err := unix.Read(fd, b[:]); err == unix.EAGAIN {
		return 0
	} else if err != nil {
		t.Fatal(err)
	}
	return binary.NativeEndian.Uint64(b[:])
}

func signal(t testing.TB, fd int) {
	t.Helper()
	_, err := unix.Write(fd, binary.NativeEndian.AppendUint64(nil, 1))
	check(t, err)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
