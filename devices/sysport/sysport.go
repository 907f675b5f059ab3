// Package sysport holds the ports of a PC that are a byte and little more: the POST code at 0x80 and system control port A at
// 0x92.
package sysport

import "sync/atomic"

// Their ports, one each.
const (
	POSTPort    = 0x80
	ControlPort = 0x92
)

// POST is port 0x80: firmware writes how far it came, and Linux writes to it to wait a microsecond. The zero POST is ready.
type POST struct{ code atomic.Uint32 }

// Code is what was written last.
func (p *POST) Code() byte { return byte(p.code.Load()) }

// Read answers ones: nobody drives the bus, as in QEMU.
func (*POST) Read(_ uint64, b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

func (p *POST) Write(_ uint64, b []byte) { p.code.Store(uint32(b[0])) }
