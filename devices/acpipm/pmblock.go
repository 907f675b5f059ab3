package acpipm

import (
	"encoding/binary"
	"math/bits"

	"github.com/drydock-vmm/drydock/devices"
)

// Offsets from PMBase.
const (
	offStatus  = 0
	offEnable  = 2
	offControl = 4
	offTimer   = 8
	offEnd     = 12
)

// TimerHz is the frequency of the power management timer (4.8.3.3).
const TimerHz = 3579545

// pmBlock are the PM1a registers and the timer. Accesses of any size are bytes of the block: ACPICA reads words, other guests
// bytes.
type pmBlock struct{ m *PM }

func (b pmBlock) Read(off uint64, p []byte) {
	m := b.m
	m.mu.Lock()
	defer m.mu.Unlock()
	devices.Ones(p)
	if off >= offEnd {
		return
	}
	var all [offEnd]byte
	binary.LittleEndian.PutUint16(all[offStatus:], m.status)
	binary.LittleEndian.PutUint16(all[offEnable:], m.enable)
	binary.LittleEndian.PutUint16(all[offControl:], m.control|cntSCIEnable)
	binary.LittleEndian.PutUint32(all[offTimer:], m.timer())
	copy(p, all[off:])
}

// timer counts modulo 2^32. The product of nanoseconds and frequency passes 64 bits after an hour and a half.
func (m *PM) timer() uint32 {
	hi, lo := bits.Mul64(uint64(m.now()), TimerHz)
	ticks, _ := bits.Div64(hi%1e9, lo, 1e9)
	return uint32(ticks)
}

func (b pmBlock) Write(off uint64, p []byte) {
	typ, sleep := b.m.writePM(off, p)
	if sleep && b.m.onSleep != nil {
		b.m.onSleep(typ) // not under the lock: it may reset or close the machine
	}
}

// writePM reports whether the guest asked to sleep, and how deep.
func (m *PM) writePM(off uint64, p []byte) (slpTyp int, sleep bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, v := range p {
		at := off + uint64(i)
		word := uint16(v) << (8 * (at & 1))
		lane := uint16(0xff) << (8 * (at & 1))
		switch at &^ 1 {
		case offStatus: // written ones clear
			m.status &^= word
		case offEnable:
			m.enable = m.enable&^lane | word&pm1Mask
		case offControl:
			m.control = (m.control&^lane | word) &^ (cntSCIEnable | cntGlobal | cntSleep)
			sleep = sleep || word&cntSleep != 0
		}
	}
	m.interrupt()
	return int(m.control & cntSleepType >> 10), sleep
}
