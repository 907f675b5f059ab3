package serial

import (
	"io"
	"sync"

	"github.com/drydock-vmm/drydock/devices"
)

// A UART is a devices.Region of eight ports. Any goroutine may use it.
type UART struct {
	irq devices.Pin

	mu      sync.Mutex
	changed sync.Cond // what Feed, the transmitter or a vCPU waits for may have come
	closed  bool

	ier, lcr, mcr, scr, fcr byte
	msr                     byte // with its delta bits
	divisor                 [2]byte
	overrun                 bool
	thre                    bool // a THRE interrupt is due: THR became empty since IIR told of it last
	line                    bool // what irq was told last

	receive receiveFIFO
	out     transmitter
}

// New makes a UART that writes to out (from a goroutine of its own, until Close) and interrupts through irq. Either may be nil.
func New(out io.Writer, irq devices.Pin) *UART {
	u := &UART{irq: irq, mcr: mcrOut2, msr: msrConnected, divisor: [2]byte{12, 0}}
	u.changed.L = &u.mu
	u.out.start(u, out)
	return u
}

// Close waits until all that the guest wrote is out, ends the goroutine, and makes Feed fail. The guest may go on: what it writes
// is dropped. The error is the first of the writer's.
func (u *UART) Close() error {
	u.mu.Lock()
	u.closed = true
	u.changed.Broadcast()
	u.mu.Unlock()
	<-u.out.done
	return u.out.err
}

// Reset returns the registers to their state at power on. What was written goes out still.
func (u *UART) Reset() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ier, u.lcr, u.mcr, u.scr, u.fcr = 0, 0, mcrOut2, 0, 0
	u.msr, u.divisor, u.overrun, u.thre = msrConnected, [2]byte{12, 0}, false, false
	u.receive.clear()
	u.interrupt()
}

// Read is a guest's read; of a wider access each byte is a register's.
func (u *UART) Read(off uint64, p []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range p {
		p[i] = u.read(off + uint64(i))
	}
}

// Write is a guest's write. It waits only for a guest that ignores LSR: one that looks at THRE is never held up here.
func (u *UART) Write(off uint64, p []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range p {
		u.write(off+uint64(i), p[i])
	}
}

func (u *UART) read(off uint64) byte {
	switch off {
	case regData:
		if u.lcr&lcrDLAB != 0 {
			return u.divisor[0]
		}
		return u.take()
	case regIER:
		if u.lcr&lcrDLAB != 0 {
			return u.divisor[1]
		}
		return u.ier
	case regIIR:
		return u.identify()
	case regLCR:
		return u.lcr
	case regMCR:
		return u.mcr
	case regLSR:
		return u.lineStatus()
	case regMSR:
		return u.modemStatus()
	case regSCR:
		return u.scr
	}
	return 0xff
}

func (u *UART) write(off uint64, v byte) {
	switch off {
	case regData:
		if u.lcr&lcrDLAB != 0 {
			u.divisor[0] = v
			return
		}
		u.transmit(v)
	case regIER:
		if u.lcr&lcrDLAB != 0 {
			u.divisor[1] = v
			return
		}
		u.enable(v)
	case regIIR:
		u.control(v)
	case regLCR:
		u.lcr = v
	case regMCR:
		u.modemControl(v)
	case regSCR:
		u.scr = v
	}
}
