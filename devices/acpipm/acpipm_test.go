package acpipm

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices"
)

type line struct{ level bool }

func (l *line) Set(level bool) { l.level = level }

// rig is the hardware with its guest.
type rig struct {
	*testing.T
	*PM
	sci    line
	clock  time.Duration
	sleeps []int
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t}
	r.PM = New(&r.sci, func() time.Duration { return r.clock }, func(typ int) { r.sleeps = append(r.sleeps, typ) })
	return r
}

func in(reg devices.Region, off uint64, size int) uint32 {
	var p [4]byte
	reg.Read(off, p[:size])
	return binary.LittleEndian.Uint32(p[:])
}

func out16(reg devices.Region, off uint64, v uint16) {
	reg.Write(off, binary.LittleEndian.AppendUint16(nil, v))
}

func (r *rig) want(what string, got, want uint32) {
	r.Helper()
	if got != want {
		r.Errorf("%s: %#x, want %#x", what, got, want)
	}
}

func TestPM(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig, pm, gpe devices.Region)
	}{
		{"ACPI mode is always on", func(r *rig, pm, gpe devices.Region) {
			r.want("PM1_CNT", in(pm, 4, 2), 1)
			out16(pm, 4, 0)
			r.want("PM1_CNT", in(pm, 4, 2), 1)
		}},
		{"the power button interrupts until its status is cleared", func(r *rig, pm, gpe devices.Region) {
			out16(pm, 2, 0x100)
			r.PressPowerButton()
			r.want("PM1_STS", in(pm, 0, 2), 0x100)
			if !r.sci.level {
				r.Error("no SCI")
			}
			out16(pm, 0, 0x001)
			if !r.sci.level {
				r.Error("clearing another bit lowered SCI")
			}
			out16(pm, 0, 0x100)
			r.want("PM1_STS", in(pm, 0, 2), 0)
			if r.sci.level {
				r.Error("SCI stays")
			}
		}},
		{"an event that is not enabled is silent until it is", func(r *rig, pm, gpe devices.Region) {
			r.PressPowerButton()
			if r.sci.level {
				r.Error("SCI without enable")
			}
			out16(pm, 2, 0x100)
			if !r.sci.level {
				r.Error("no SCI")
			}
		}},
		{"enable keeps the bits that exist", func(r *rig, pm, gpe devices.Region) {
			out16(pm, 2, 0xffff)
			r.want("PM1_EN", in(pm, 2, 2), 0x721)
		}},
		{"SLP_EN tells the sleep type once and reads as zero", func(r *rig, pm, gpe devices.Region) {
			out16(pm, 4, 5<<10)
			out16(pm, 4, 5<<10|1<<13)
			if fmt.Sprint(r.sleeps) != "[5]" {
				r.Errorf("told %v", r.sleeps)
			}
			r.want("PM1_CNT", in(pm, 4, 2), 5<<10|1)
		}},
		{"SLP_EN may come as a byte", func(r *rig, pm, gpe devices.Region) {
			pm.Write(5, []byte{0x20})
			if fmt.Sprint(r.sleeps) != "[0]" {
				r.Errorf("told %v", r.sleeps)
			}
		}},
		{"the timer counts 3.579545 MHz and wraps", func(r *rig, pm, gpe devices.Region) {
			r.clock = time.Second
			r.want("PM_TMR", in(pm, 8, 4), 3579545)
			r.clock = 1200 * time.Second
			r.want("PM_TMR", in(pm, 8, 4), 486704)
			r.clock = 10000 * time.Hour
			ticks := uint64(3579545) * 3600 * 10000
			r.want("PM_TMR", in(pm, 8, 4), uint32(ticks))
		}},
		{"the timer can be read by bytes and not written", func(r *rig, pm, gpe devices.Region) {
			r.clock = time.Second
			pm.Write(8, []byte{1, 2, 3, 4})
			r.want("PM_TMR", in(pm, 10, 1), 3579545>>16)
		}},
		{"behind the timer nobody answers", func(r *rig, pm, gpe devices.Region) {
			r.want("+12", in(pm, 12, 2), 0xffff)
			r.want("+0x38", in(pm, 0x38, 1), 0xff)
		}},
		{"a general purpose event interrupts while enabled", func(r *rig, pm, gpe devices.Region) {
			r.RaiseGPE(9)
			r.want("GPE0_STS", in(gpe, 0, 2), 0x200)
			out16(gpe, 2, 0x200)
			if !r.sci.level {
				r.Error("no SCI")
			}
			out16(gpe, 0, 0x200)
			if r.sci.level || in(gpe, 0, 4) != 0x02000000 {
				r.Errorf("not cleared: %#x", in(gpe, 0, 4))
			}
		}},
		{"a reset clears all", func(r *rig, pm, gpe devices.Region) {
			out16(pm, 2, 0x100)
			r.PressPowerButton()
			r.Reset()
			r.want("PM1_STS and EN", in(pm, 0, 4), 0)
			if r.sci.level {
				r.Error("SCI stays")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			c.do(r, r.Registers(), r.PM.GPE())
		})
	}
}

func TestTimerRunsWithoutAClockOfTheMachine(t *testing.T) {
	pm := New(nil, nil, nil).Registers()
	first := in(pm, 8, 4)
	for began := time.Now(); in(pm, 8, 4) == first; {
		if time.Since(began) > time.Minute {
			t.Fatal("the timer stands still")
		}
	}
}
