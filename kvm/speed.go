package kvm

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Speed is how fast a guest's ring 0 ran.
type Speed struct {
	Instructions int
	Elapsed      time.Duration
}

// PerInstruction is in nanoseconds, and infinite for a guest that did not get to run at all. A processor that runs ring 0
// itself needs less than one, and a few more from the exit that ends the measurement; a KVM that emulates it needs around
// a thousand.
func (s Speed) PerInstruction() float64 {
	if s.Instructions == 0 {
		return math.Inf(1)
	}
	return float64(s.Elapsed.Nanoseconds()) / float64(s.Instructions)
}

func (s Speed) String() string {
	return fmt.Sprintf("%.1f ns for each ring-0 instruction (%d in %v)", s.PerInstruction(), s.Instructions, s.Elapsed)
}

const (
	speedLoops  = 5000   // of two instructions: 10 ms where each takes a microsecond
	speedRounds = 3      // the quickest counts: others may have the host's processor for a while
	speedBase   = 0x1000 // where the page of code lies
	speedPort   = 0x10
)

// speedCode is 32-bit protected mode without paging: it runs on hardware wherever a kernel does, while real mode is emulated
// on old Intel processors. A round goes from one OUT to the next; ECX is full whenever a round begins, so that at any
// moment it tells how far the round has come.
var speedCode = []byte{
	0xb9, speedLoops & 0xff, speedLoops >> 8, 0, 0, // round: mov ecx, speedLoops
	0xe6, speedPort, // out speedPort, al
	0x49,       // loop: dec ecx
	0x75, 0xfd, // jnz loop
	0xeb, 0xf4, // jmp round
}

// RingZeroSpeed times a loop in ring 0 of a tiny VM, which it makes and takes down. That takes a few milliseconds, most of
// it for the VM, or tens where ring 0 is emulated, and never much more than limit: a loop that is not through by then
// counts as far as it came, which for a limit too short for the first exit is nowhere.
func (s *System) RingZeroSpeed(limit time.Duration) (speed Speed, err error) {
	mem, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return Speed{}, os.NewSyscallError("mmap", err)
	}
	defer func() { err = errors.Join(err, unix.Munmap(mem)) }()
	copy(mem, speedCode)

	vm, err := s.CreateVM()
	if err != nil {
		return Speed{}, err
	}
	defer func() { err = errors.Join(err, vm.Close()) }()

	v, err := newSpeedVCPU(vm, mem)
	if err != nil {
		return Speed{}, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return v.timeRounds(limit)
}

func newSpeedVCPU(vm *VM, mem []byte) (*VCPU, error) {
	if err := vm.SetTSSAddr(0xfffbd000); err != nil {
		return nil, err
	}
	if err := vm.SetUserMemoryRegion(MemoryRegion{GuestPhysAddr: speedBase, Memory: mem}); err != nil {
		return nil, err
	}
	v, err := vm.CreateVCPU(0)
	if err != nil {
		return nil, err
	}
	if err := v.enterProtectedMode(); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// enterProtectedMode sets flat 32-bit segments and the beginning of a round.
func (v *VCPU) enterProtectedMode() error {
	s, err := v.Sregs()
	if err != nil {
		return err
	}
	flat := Segment{Limit: 0xffffffff, Present: 1, S: 1, DB: 1, G: 1}
	code, data := flat, flat
	code.Selector, code.Typ = 8, 0xb
	data.Selector, data.Typ = 16, 0x3
	s.CS, s.DS, s.ES, s.FS, s.GS, s.SS = code, data, data, data, data, data
	s.CR0 |= 1 // PE
	if err := v.SetSregs(s); err != nil {
		return err
	}
	return v.SetRegs(Regs{RIP: speedBase, RCX: speedLoops, RFLAGS: 1 << 1})
}

func (v *VCPU) timeRounds(limit time.Duration) (best Speed, err error) {
	deadline := time.Now().Add(limit)
	defer time.AfterFunc(limit, v.Kick).Stop()

	// Up to the first OUT the kernel sets itself up, and the loop has not been run.
	if _, err := v.timeRound(0, deadline); err != nil {
		return Speed{}, err
	}
	for range speedRounds {
		if !time.Now().Before(deadline) {
			break
		}
		speed, err := v.timeRound(speedLoops, deadline)
		if err != nil {
			return Speed{}, err
		}
		if best.Elapsed == 0 || speed.PerInstruction() < best.PerInstruction() {
			best = speed
		}
	}
	return best, nil
}

// timeRound runs up to the next OUT, which comes after so many loops, or to the deadline.
func (v *VCPU) timeRound(loops int, deadline time.Time) (Speed, error) {
	for start := time.Now(); ; {
		exit, err := v.Run()
		elapsed := time.Since(start)
		if err != nil {
			return Speed{}, err
		}
		switch e := exit.(type) {
		case *ExitIO:
			return Speed{2 * loops, elapsed}, nil
		case ExitIntr:
			if time.Now().Before(deadline) {
				continue // a signal of somebody else
			}
			r, err := v.Regs()
			return Speed{2 * (speedLoops - int(r.RCX)), elapsed}, err
		default:
			return Speed{}, fmt.Errorf("ring-0 speed: %v at instruction address %s", e, v.where())
		}
	}
}

func (v *VCPU) where() string {
	r, err := v.Regs()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%#x", r.RIP)
}
