// Package debugcon is the debug console of Bochs and QEMU: a port that prints. Firmware logs to it (SeaBIOS and OVMF at 0x402,
// test guests at 0xe9).
package debugcon

import (
	"io"
	"sync"
)

// Where guests look for it, one port each.
const (
	Port         = 0xe9
	FirmwarePort = 0x402
)

// readback is how guests find out that it is there.
const readback = 0xe9

// Console is the device.
type Console struct {
	mu sync.Mutex
	w  io.Writer
}

// New prints to w, in the vCPU: w should be quick. Its errors are ignored, a guest has no way to hear of them.
func New(w io.Writer) *Console { return &Console{w: w} }

// Read answers 0xe9.
func (c *Console) Read(_ uint64, p []byte) {
	for i := range p {
		p[i] = readback
	}
}

func (c *Console) Write(_ uint64, p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.w.Write(p)
}
