package i8042

import (
	"sync"

	"github.com/drydock-vmm/drydock/devices"
)

// Ports of the controller, one each: 0x61 between them is the timer's.
const (
	DataPort    = 0x60
	CommandPort = 0x64
)

// Status bits.
const (
	statusFull    = 1 << 0 // a byte waits at the data port; bit 1, input full, is never set: commands take no time
	statusSystem  = 1 << 2 // self-test passed
	statusCommand = 1 << 3 // the last write was to the command port
	statusLock    = 1 << 4 // keyboard not locked
)

// Bits of the command byte.
const (
	modeInterrupt = 1 << 0 // keyboard interrupt
	modeSystem    = 1 << 2
	modeNoKey     = 1 << 4 // keyboard clock off
	modeNoMouse   = 1 << 5
	modeTranslate = 1 << 6
)

// outputA20 and outputRun are the output port at power on: A20 open, not in reset.
const (
	outputRun = 1 << 0
	outputA20 = 1 << 1
)

// Controller is the device. Any goroutine may use it.
type Controller struct {
	irq     devices.Pin
	onReset func()

	mu      sync.Mutex
	mode    byte   // the command byte
	output  byte   // the output port
	waiting byte   // the command whose parameter comes next at the data port, or 0
	command bool   // status bit 3
	queue   []byte // what the guest has yet to read; bounded by queueSize
	fromKey []bool // of each byte: the keyboard's, which interrupts, or the controller's
	keyboard
	level bool
}

// queueSize bounds what a guest can make the controller remember.
const queueSize = 16

// New makes a controller that raises irq (1 on a PC, edge triggered; may be nil) for the keyboard's answers, and calls onReset,
// from a vCPU, when the guest pulses the CPU's reset line.
func New(irq devices.Pin, onReset func()) *Controller {
	c := &Controller{irq: irq, onReset: onReset}
	c.Reset()
	return c
}

// Reset returns the controller to its state at power on.
func (c *Controller) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mode = modeInterrupt | modeSystem | modeTranslate
	c.output = outputRun | outputA20
	c.waiting, c.command, c.queue, c.fromKey, c.keyboard = 0, false, nil, nil, keyboard{}
	c.interrupt()
}

// Data is the region of one port at DataPort.
func (c *Controller) Data() devices.Region { return dataPort{c} }

// Command is the region of one port at CommandPort.
func (c *Controller) Command() devices.Region { return commandPort{c} }

// put queues a byte for the guest; what does not fit is lost, as a key is when nobody reads.
func (c *Controller) put(fromKey bool, b ...byte) {
	for _, v := range b {
		if len(c.queue) < queueSize {
			c.queue = append(c.queue, v)
			c.fromKey = append(c.fromKey, fromKey)
		}
	}
}

// interrupt drives the line: high while a byte of the keyboard waits. It falls when the byte is read, so that the next one is an
// edge.
func (c *Controller) interrupt() {
	want := len(c.queue) > 0 && c.fromKey[0] && c.mode&modeInterrupt != 0
	if want == c.level {
		return
	}
	c.level = want
	if c.irq != nil {
		c.irq.Set(want)
	}
}
