package vmm

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/drydock-vmm/drydock/devices/pcihotplug"
)

// Errors of Unplug.
var (
	ErrNoDevice = errors.New("vmm: no such device")
	ErrAsked    = errors.New("vmm: the guest was asked for the device already")
)

// Pause stops the CPUs and the devices where they are; Resume lets them go on. Neither does anything a second time.
func (m *Machine) Pause() error { return m.setPaused(true) }

func (m *Machine) Resume() error { return m.setPaused(false) }

// Paused says whether the machine stands still.
func (m *Machine) Paused() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.paused
}

func (m *Machine) setPaused(on bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.pc == nil:
		return errOff
	case on == m.paused:
		return nil
	case on:
		m.hold()
		m.event(Event{Kind: EventStop})
	default:
		m.release()
		m.event(Event{Kind: EventResume})
	}
	m.paused = on
	return nil
}

// hold and release are the work of Pause and Resume. mu is held for writing.
func (m *Machine) hold() {
	m.paused = true
	m.pc.accel.pause()
	for _, c := range m.pc.functions {
		c.transport.Pause()
	}
}

func (m *Machine) release() {
	for _, c := range m.pc.functions {
		c.transport.Resume()
	}
	m.pc.accel.resume()
}

// Reset has the machine start anew, as a reset button does. It returns when that is done, which Run does.
func (m *Machine) Reset() error {
	var over chan struct{}
	err := m.use(func(p *pc) error {
		if over = m.over; over == nil {
			return errOff
		}
		p.end(Outcome{End: Reset, Host: true})
		return nil
	})
	if err == nil {
		<-over
	}
	return err
}

// Quit ends Run with Stopped.
func (m *Machine) Quit() error {
	return m.use(func(p *pc) error { p.end(Outcome{End: Stopped, Host: true}); return nil })
}

// PowerDown presses the power button: a guest that listens turns itself off.
func (m *Machine) PowerDown() error {
	err := m.use(func(p *pc) error { p.power.PressPowerButton(); return nil })
	if err == nil {
		m.event(Event{Kind: EventPowerdown})
	}
	return err
}

// Plug puts a device into the running machine. The guest sees it in configuration space at once, and hears of it by ACPI.
func (m *Machine) Plug(d Device) error {
	m.mu.Lock() // against Pause: the device must stand still or not as the others do
	defer m.mu.Unlock()
	if m.pc == nil {
		return errOff
	}
	c, err := m.pc.plug(d, true)
	if err != nil {
		return err
	}
	if m.paused {
		c.transport.Pause()
	}
	m.pc.hotplug.Filled(c.Slot)
	m.pc.power.RaiseGPE(pcihotplug.GPE)
	return nil
}

// justBegan says whether the guest's clock stands at its beginning.
func (m *pc) justBegan() bool {
	now := m.accel.clock()
	return now != nil && now() < time.Millisecond
}

// Unplug asks the guest to give back the device with this ID, and what else is in its slot. EventDeviceDeleted tells that it did. It
// may be repeated: a guest that was about to boot has not heard it. As by QEMU, that is ErrAsked in the clock's first millisecond,
// which under qtest can be long.
func (m *Machine) Unplug(id string) error {
	return m.use(func(p *pc) error {
		all := p.plugged()
		i := slices.IndexFunc(all, func(d Device) bool { return d.ID == id })
		if i < 0 {
			return fmt.Errorf("%w: %q", ErrNoDevice, id)
		}
		if !p.hotplug.Ask(all[i].Slot) && p.justBegan() {
			return fmt.Errorf("%w: %q", ErrAsked, id)
		}
		p.power.RaiseGPE(pcihotplug.GPE)
		return nil
	})
}
