// Package sysport holds the ports of a PC that are a byte and little more: the POST code at 0x80 and system control port A at
// 0x92.
package sysport

// Their ports, one each.
const (
	POSTPort    = 0x80
	ControlPort = 0x92
)

// POST is port 0x80: firmware writes how far it came, and Linux writes to it to wait a microsecond. Nobody here looks at it.
type POST struct{}

// Read answers ones: nobody drives the bus, as in QEMU.
func (POST) Read(_ uint64, b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

// Write drops what is written.
func (POST) Write(uint64, []byte) {}
