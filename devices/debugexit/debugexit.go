// Package debugexit is a port that ends the machine with a value: QEMU's isa-debug-exit, for test guests. It never knows what
// ending is.
package debugexit

import "encoding/binary"

// Port is where Drydock's test guests expect it, with four ports as in QEMU's usual iobase=0xf4,iosize=4.
const (
	Port  = 0xf4
	Ports = 4
)

// Exit is the device.
type Exit func(v uint32)

// New calls exit, from a vCPU, with each value that the guest writes.
func New(exit func(v uint32)) Exit { return exit }

// Status is the exit status that QEMU makes of v: odd, so that it is never a success.
func Status(v uint32) int { return int(v<<1|1) & 0xff }

// Read answers zero, as QEMU.
func (Exit) Read(_ uint64, p []byte) { clear(p) }

func (e Exit) Write(_ uint64, p []byte) {
	var v [8]byte
	copy(v[:], p)
	e(binary.LittleEndian.Uint32(v[:]))
}
