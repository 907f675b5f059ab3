package pci

import "sync"

// intx is the function's interrupt line: what the device wants and what the pin carries (6.2.4, 2.2.6). Its lock is its
// own, and short, so that a device can raise it while a configuration access waits for that device.
type intx struct {
	mu       sync.Mutex
	pin      Pin
	level    bool // STATUS bit 3
	disabled bool // COMMAND bit 10
	driven   bool // what the pin was told last
}

// SetPin connects INTx.
func (f *Function) SetPin(p Pin) {
	f.intx.mu.Lock()
	defer f.intx.mu.Unlock()
	f.intx.pin = p
	f.intx.driven = false
	f.intx.drive()
}

// SetLevel drives INTx: PCI STATUS bit 3 follows the level even while COMMAND bit 10 disables the pin. Any goroutine may
// call it; the pin hears of real changes only.
func (f *Function) SetLevel(level bool) {
	f.intx.mu.Lock()
	defer f.intx.mu.Unlock()
	f.intx.level = level
	f.intx.drive()
}

// followCommand looks at what COMMAND lets interrupts do, under the line's lock: of two changes at once the later one counts.
func (f *Function) followCommand() {
	f.intx.mu.Lock()
	defer f.intx.mu.Unlock()
	command := f.Command()
	if f.msix != nil {
		f.msix.master.Store(command&CommandBusMaster != 0)
	}
	f.intx.disabled = command&CommandINTxDisable != 0
	f.intx.drive()
}

func (l *intx) asserted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

// drive holds mu over Set: two levels must not arrive in the wrong order.
func (l *intx) drive() {
	want := l.level && !l.disabled
	if l.pin == nil || want == l.driven {
		return
	}
	l.driven = want
	l.pin.Set(want)
}
