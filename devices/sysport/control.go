package sysport

import "sync/atomic"

// Bits of system control port A.
const (
	fastReset = 1 << 0
	gateA20   = 1 << 1
)

// Control is port 0x92: a fast reset, and a gate for address line 20 that is stored but always open: the CPU of a VM has no
// such gate.
type Control struct {
	value   atomic.Uint32
	onReset func()
}

// NewControl calls onReset, from a vCPU, when the guest raises bit 0.
func NewControl(onReset func()) *Control {
	c := &Control{onReset: onReset}
	c.Reset()
	return c
}

// Reset opens the gate.
func (c *Control) Reset() { c.value.Store(gateA20) }

func (c *Control) Read(_ uint64, p []byte) {
	clear(p)
	p[0] = byte(c.value.Load())
}

func (c *Control) Write(_ uint64, p []byte) {
	old := c.value.Swap(uint32(p[0]))
	if p[0]&fastReset != 0 && old&fastReset == 0 {
		c.onReset()
	}
}
