package rtc

import (
	"fmt"
	"testing"
	"time"
)

// rig is a clock whose host stands at a time of its choice.
type rig struct {
	*testing.T
	*Clock
	host time.Time
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t, host: time.Date(2026, 2, 28, 23, 59, 58, 0, time.UTC)} // a Saturday
	r.Clock = New(func() time.Time { return r.host })
	return r
}

func (r *rig) in(reg byte) byte {
	r.Write(0, []byte{reg})
	p := []byte{0}
	r.Clock.Read(1, p)
	return p[0]
}

func (r *rig) outb(reg, v byte) {
	r.Write(0, []byte{reg})
	r.Write(1, []byte{v})
}

// shows reads century, year, month, day, weekday, hours, minutes, seconds.
func (r *rig) shows(want string) {
	r.Helper()
	var all []byte
	for _, reg := range []byte{0x32, 9, 8, 7, 6, 4, 2, 0} {
		all = append(all, r.in(reg))
	}
	if got := fmt.Sprintf("% x", all); got != want {
		r.Errorf("shows %s, want %s", got, want)
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig)
	}{
		{"the time is BCD and of 24 hours at power on", func(r *rig) { r.shows("20 26 02 28 07 23 59 58") }},
		{"the host's clock moves it", func(r *rig) {
			r.host = r.host.Add(2 * time.Second)
			r.shows("20 26 03 01 01 00 00 00")
		}},
		{"DM makes it binary", func(r *rig) {
			r.outb(regB, hours24|binary)
			r.shows("14 1a 02 1c 07 17 3b 3a")
		}},
		{"12 hour mode marks the afternoon", func(r *rig) {
			r.outb(regB, 0)
			r.shows("20 26 02 28 07 91 59 58")
			r.host = r.host.Add(2 * time.Second)
			r.shows("20 26 03 01 01 12 00 00")
			r.host = r.host.Add(12 * time.Hour)
			r.shows("20 26 03 01 01 92 00 00")
		}},
		{"setting under SET takes effect at its end", func(r *rig) {
			r.outb(regB, setting|hours24)
			for reg, v := range map[byte]byte{regSeconds: 0x30, regMinutes: 0x45, regHours: 0x12, regDay: 0x31, regMonth: 0x12, regYear: 0x99, regCentury: 0x19} {
				r.outb(reg, v)
			}
			r.host = r.host.Add(time.Hour)
			r.shows("19 99 12 31 07 12 45 30")
			r.outb(regB, hours24)
			r.shows("19 99 12 31 06 12 45 30")
			r.host = r.host.Add(time.Second)
			r.shows("19 99 12 31 06 12 45 31")
		}},
		{"setting without SET takes effect at once", func(r *rig) {
			r.outb(regHours, 0x05)
			r.host = r.host.Add(time.Second)
			r.shows("20 26 02 28 07 05 59 59")
		}},
		{"an afternoon can be set in 12 hour mode", func(r *rig) {
			r.outb(regB, 0)
			r.outb(regHours, 0x92)
			r.outb(regB, hours24)
			r.shows("20 26 02 28 07 12 59 58")
		}},
		{"nonsense is a time too", func(r *rig) {
			r.outb(regMonth, 0xff)
			r.outb(regCentury, 0xff)
			r.in(regSeconds)
		}},
		{"UIP is set in the last 244 microseconds of a second", func(r *rig) {
			r.host = r.host.Add(time.Second - updateTime - 1)
			if got := r.in(regA); got != 0x26 {
				r.Errorf("A is %#x before", got)
			}
			r.host = r.host.Add(1)
			if got := r.in(regA); got != 0xa6 {
				r.Errorf("A is %#x, want UIP", got)
			}
			r.host = r.host.Add(updateTime)
			if got := r.in(regA); got != 0x26 {
				r.Errorf("A is %#x after", got)
			}
		}},
		{"UIP stays clear under SET", func(r *rig) {
			r.outb(regB, setting|hours24)
			r.host = r.host.Add(time.Second - 1)
			if got := r.in(regA); got != 0x26 {
				r.Errorf("A is %#x", got)
			}
		}},
		{"C and D are read-only: no interrupt, a good battery", func(r *rig) {
			r.outb(regC, 0xff)
			r.outb(regD, 0)
			if r.in(regC) != 0 || r.in(regD) != 0x80 {
				r.Errorf("C %#x D %#x", r.in(regC), r.in(regD))
			}
		}},
		{"the NMI bit of the index is not part of it", func(r *rig) {
			r.outb(0x80|0x40, 0x5a)
			if got := r.in(0x40); got != 0x5a {
				r.Errorf("NVRAM %#x", got)
			}
		}},
		{"the machine can set NVRAM", func(r *rig) {
			r.Set(0x5f, 3)
			if got := r.in(0x5f); got != 3 {
				r.Errorf("NVRAM %#x", got)
			}
		}},
		{"a word at the index port is index and data", func(r *rig) {
			r.Write(0, []byte{0x41, 0x77})
			if got := r.in(0x41); got != 0x77 {
				r.Errorf("NVRAM %#x", got)
			}
		}},
		{"the index port reads as ones", func(r *rig) {
			p := []byte{0}
			if r.Clock.Read(0, p); p[0] != 0xff {
				r.Errorf("%#x", p[0])
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(newRig(t)) })
	}
}

func TestMemorySize(t *testing.T) {
	for _, c := range []struct {
		name         string
		below, above uint64
		want         map[byte]byte
	}{
		{"128 MiB is what QEMU shows", 128 << 20, 0,
			map[byte]byte{0x14: 0x06, 0x15: 0x80, 0x16: 0x02, 0x17: 0xff, 0x18: 0xff, 0x30: 0xff, 0x31: 0xff, 0x34: 0x00, 0x35: 0x07, 0x5b: 0, 0x5c: 0, 0x5d: 0}},
		{"8 MiB is not over 16", 8 << 20, 0, map[byte]byte{0x17: 0x00, 0x18: 0x1c, 0x30: 0x00, 0x31: 0x1c, 0x34: 0, 0x35: 0}},
		{"512 KiB is not over one", 512 << 10, 0, map[byte]byte{0x17: 0, 0x18: 0, 0x34: 0, 0x35: 0}},
		{"memory above 4 GiB counts for itself", 3 << 30, 0x12_3456_0000, map[byte]byte{0x34: 0x00, 0x35: 0xbf, 0x5b: 0x56, 0x5c: 0x34, 0x5d: 0x12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.SetMemory(c.below, c.above)
			for reg, want := range c.want {
				if got := r.in(reg); got != want {
					t.Errorf("byte %#x is %#x, want %#x", reg, got, want)
				}
			}
		})
	}
}
