// Package acpipm is the fixed hardware of ACPI (ACPI 6.5, 4.8) as QEMU's PIIX4 has it: the PM1a event and control blocks, the
// power management timer, and a general purpose event block. It never knows which tables name it, nor what sleeping means: it
// tells the machine that the guest asked.
package acpipm

import (
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/devices"
)

// Where QEMU's firmware puts the blocks, and their sizes. FADT and DSDT must say the same.
const (
	PMBase  = 0x600 // PM1a_EVT at +0 (4 bytes), PM1a_CNT at +4 (2), PM_TMR at +8 (4)
	PMSize  = 0x40
	GPEBase = 0xafe0 // GPE0: status at +0, enable at +2
	GPESize = 4
)

// Bits of PM1 status and enable (4.8.4.1).
const (
	pm1PowerButton = 1 << 8
	pm1Mask        = 1<<0 | 1<<5 | pm1PowerButton | 1<<9 | 1<<10 // timer, global, power and sleep button, RTC
)

// Bits of PM1 control (4.8.4.2).
const (
	cntSCIEnable = 1 << 0
	cntGlobal    = 1 << 2 // GBL_RLS, write-only
	cntSleepType = 7 << 10
	cntSleep     = 1 << 13 // SLP_EN, write-only
)

// PM is the hardware. Any goroutine may use it.
type PM struct {
	sci     devices.Pin
	now     func() time.Duration
	onSleep func(slpTyp int)

	mu             sync.Mutex
	status, enable uint16
	control        uint16
	gpe            [GPESize]byte // two bytes of status, two of enable
	level          bool
}

// New makes the hardware. sci is the system control interrupt, level triggered (9 in QEMU). now is the machine's monotonic
// clock for the timer, nil for the time since New. onSleep is called from a vCPU when the guest sets SLP_EN; DSDT's \_S5 says
// which SLP_TYP is power-off (0 in QEMU's pc machine).
func New(sci devices.Pin, now func() time.Duration, onSleep func(slpTyp int)) *PM {
	if now == nil {
		start := time.Now()
		now = func() time.Duration { return time.Since(start) }
	}
	return &PM{sci: sci, now: now, onSleep: onSleep}
}

// Registers is the region of PMSize bytes at PMBase.
func (m *PM) Registers() devices.Region { return pmBlock{m} }

// GPE is the region of GPESize bytes at GPEBase.
func (m *PM) GPE() devices.Region { return gpeBlock{m} }

// PressPowerButton asks the guest to shut down.
func (m *PM) PressPowerButton() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status |= pm1PowerButton
	m.interrupt()
}

// RaiseGPE makes general purpose event n (0 to 15) happen; DSDT's \_GPE says what it means.
func (m *PM) RaiseGPE(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gpe[n/8] |= 1 << (n % 8)
	m.interrupt()
}

// Reset clears all events and enables. The timer runs on.
func (m *PM) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status, m.enable, m.control, m.gpe = 0, 0, 0, [GPESize]byte{}
	m.interrupt()
}

// interrupt drives SCI: the line is high as long as an event is enabled and not cleared.
func (m *PM) interrupt() {
	want := m.status&m.enable != 0 || m.gpe[0]&m.gpe[2] != 0 || m.gpe[1]&m.gpe[3] != 0
	if want == m.level {
		return
	}
	m.level = want
	if m.sci != nil {
		m.sci.Set(want)
	}
}
