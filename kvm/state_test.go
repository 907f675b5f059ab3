package kvm

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWhatIsSetIsWhatIsGot(t *testing.T) {
	g := newGuest(t, irqchip, 0xf4)
	t.Run("general registers", func(t *testing.T) {
		want := Regs{RAX: 1, RBX: 2, R15: 3, RIP: 0x1234, RFLAGS: 2}
		roundTrip(t, want, g.v.SetRegs, g.v.Regs)
	})
	t.Run("special registers", func(t *testing.T) {
		s, err := g.v.Sregs()
		check(t, err)
		s.CR2, s.GDT.Base, s.GDT.Limit, s.FS.Base = 0xabc, 0x5000, 0x17, 0x7000
		roundTrip(t, s, g.v.SetSregs, g.v.Sregs)
	})
	t.Run("debug registers", func(t *testing.T) {
		d, err := g.v.DebugRegs()
		check(t, err)
		d.DB[0], d.DB[3] = 0x1000, 0x4000
		roundTrip(t, d, g.v.SetDebugRegs, g.v.DebugRegs)
	})
	t.Run("floating point", func(t *testing.T) {
		f := FPU{FCW: 0x37f}
		f.XMM[15][0], f.FPR[7][9] = 0x55, 0x66
		roundTrip(t, f, g.v.SetFPU, g.v.FPU)
	})
	t.Run("local APIC", func(t *testing.T) {
		l, err := g.v.LAPIC()
		check(t, err)
		l.SetRegister(apicSVR, 0x1ff)
		check(t, g.v.SetLAPIC(l))
		if l, err = g.v.LAPIC(); err != nil || l.Register(apicSVR) != 0x1ff {
			t.Errorf("%#x, %v", l.Register(apicSVR), err)
		}
	})
	t.Run("MP state", func(t *testing.T) {
		if m, err := g.v.MPState(); err != nil || m != MPRunnable {
			t.Errorf("at first %v, %v", m, err)
		}
		roundTrip(t, MPHalted, g.v.SetMPState, g.v.MPState)
	})
	t.Run("events", func(t *testing.T) {
		e, err := g.v.VCPUEvents()
		check(t, err)
		e.NMI.Masked = 1
		check(t, g.v.SetVCPUEvents(e))
		if e, err = g.v.VCPUEvents(); err != nil || e.NMI.Masked != 1 {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

func roundTrip[T comparable](t *testing.T, want T, set func(T) error, get func() (T, error)) {
	t.Helper()
	check(t, set(want))
	if got, err := get(); err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

const sysenterESP = 0x175

func TestMSRsAreSetAndGotInAnyNumber(t *testing.T) {
	g := newGuest(t, bare, 0xf4)
	for _, n := range []int{0, 1, maxMSRs, maxMSRs + 1, 3*maxMSRs - 1} {
		want := uint64(n) * 0x1000
		set := make([]MSREntry, n)
		for i := range set {
			set[i] = MSREntry{Index: sysenterESP, Data: want}
		}
		check(t, g.v.SetMSRs(set))
		got := make([]MSREntry, n)
		for i := range got {
			got[i].Index = sysenterESP
		}
		check(t, g.v.MSRs(got))
		for i, e := range got {
			if e.Data != want {
				t.Fatalf("%d of %d: %#x, want %#x", i, n, e.Data, want)
			}
		}
	}
}

func TestAnUnknownMSRIsNamed(t *testing.T) {
	g := newGuest(t, bare, 0xf4)
	entries := []MSREntry{{Index: sysenterESP, Data: 5}, {Index: 0x4b564dff}, {Index: sysenterESP, Data: 6}}
	for name, err := range map[string]error{"KVM_SET_MSRS": g.v.SetMSRs(entries), "KVM_GET_MSRS": g.v.MSRs(entries)} {
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "0x4b564dff") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if entries[0].Data != 5 {
		t.Errorf("the one before it is %#x", entries[0].Data)
	}
}

func TestTheGuestReadsTheCPUIDThatWasSet(t *testing.T) {
	g := newGuest(t, bare, 0x0f, 0xa2, 0xf4) // cpuid; hlt
	entries, err := newSystem(t).SupportedCPUID()
	check(t, err)
	const leaf = 0x40000000
	set := []CPUIDEntry{{Function: leaf, Eax: leaf, Ebx: 0x64797264, Ecx: 0x6b636f64}}
	for _, e := range entries {
		if e.Function != leaf {
			set = append(set, e)
		}
	}
	check(t, g.v.SetCPUID2(set))
	check(t, g.v.SetRegs(Regs{RIP: codeBase, RAX: leaf, RFLAGS: 2}))
	runTo[ExitHLT](g)
	if r, err := g.v.Regs(); err != nil || r.RBX != 0x64797264 || r.RCX != 0x6b636f64 {
		t.Errorf("EBX %#x ECX %#x, %v", r.RBX, r.RCX, err)
	}
	if got, err := g.v.CPUID2(); err != nil || len(got) != len(set) || got[0] != set[0] {
		t.Errorf("%d entries of %d, %v", len(got), len(set), err)
	}
}

func TestTheTSCHasARate(t *testing.T) {
	g := newGuest(t, bare, 0xf4)
	khz, err := g.v.TSCKHz()
	check(t, err)
	if khz < 100_000 || khz > 10_000_000 {
		t.Errorf("%d kHz", khz)
	}
	check(t, g.v.SetTSCKHz(khz))
}

func TestTheClockGoesOnFromWhereItIsSet(t *testing.T) {
	vm := newGuest(t, irqchip, 0xf4).vm
	c, err := vm.GetClock()
	check(t, err)
	hour := uint64(time.Hour)
	check(t, vm.SetClock(ClockData{Clock: c.Clock + hour}))
	later, err := vm.GetClock()
	check(t, err)
	if ahead := later.Clock - c.Clock; ahead < hour || ahead > hour+uint64(time.Minute) {
		t.Errorf("%v ahead, want an hour", time.Duration(ahead))
	}
}

func TestAGuestWithoutAKVMClockIsNotToldThatItWasStopped(t *testing.T) {
	g := newGuest(t, irqchip, 0xf4)
	if err := g.v.KVMClockCtrl(); !errors.Is(err, unix.EINVAL) {
		t.Errorf("%v, want EINVAL", err)
	}
}

func TestCapabilitiesAreEnabled(t *testing.T) {
	g := newGuest(t, bare, 0xf4)
	if g.vm.CheckExtension(CapExitOnEmulationFailure) == 0 {
		t.Fatal("no KVM_CAP_EXIT_ON_EMULATION_FAILURE (Linux 5.15)")
	}
	check(t, g.vm.EnableCap(CapExitOnEmulationFailure, 1))
	check(t, g.v.EnableCap(CapEnforcePVFeatureCPUID, 1))
}

func TestTheTimerNeedsTheInterruptController(t *testing.T) {
	vm := newVM(t)
	if err := vm.CreatePIT2(PITSpeakerDummy); !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
		t.Errorf("before KVM_CREATE_IRQCHIP: %v", err)
	}
	check(t, vm.CreateIRQChip())
	check(t, vm.CreatePIT2(PITSpeakerDummy))
	if err := vm.CreateIRQChip(); !errors.Is(err, unix.EEXIST) {
		t.Errorf("a second KVM_CREATE_IRQCHIP: %v", err)
	}
}

func TestTheTimersSpeakerPortIsTheKernels(t *testing.T) {
	g := newGuest(t, irqchip, 0xe4, 0x61, 0xe6, 0x01, 0xf4) // in al, 0x61; out 1, al
	check(t, g.vm.CreatePIT2(PITSpeakerDummy))
	if e := runTo[*ExitIO](g); !e.Write || e.Port != 1 {
		t.Errorf("%v: port 0x61 came out", e)
	}
}
