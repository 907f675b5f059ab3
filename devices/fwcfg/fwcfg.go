// Package fwcfg is the part of QEMU's firmware configuration device (docs/specs/fw_cfg) that a client without firmware asks for:
// the signature, the interface version, RAM size and CPU count, by selector and data port. It has no files and no DMA.
package fwcfg

import (
	"encoding/binary"
	"sync"
)

// The ports: a selector of two bytes, and one byte of data above it that a wider access does not reach.
const (
	Port  = 0x510
	Ports = 2
)

// Keys of the items.
const (
	keySignature = 0x00
	keyID        = 0x01
	keyRAMSize   = 0x03
	keyCPUs      = 0x05
	keyMaxCPUs   = 0x0f
	keyFiles     = 0x19
)

// idTraditional is the bit of keyID that says that these ports are there.
const idTraditional = 1 << 0

// A Device is the device. Any goroutine may use it.
type Device struct {
	items map[uint16][]byte

	mu   sync.Mutex
	rest []byte // of the selected item
}

// New makes the device of a machine with ram bytes of memory.
func New(ram uint64, cpus int) *Device {
	le := binary.LittleEndian
	return &Device{items: map[uint16][]byte{
		keySignature: []byte("QEMU"),
		keyID:        le.AppendUint32(nil, idTraditional),
		keyRAMSize:   le.AppendUint64(nil, ram),
		keyCPUs:      le.AppendUint16(nil, uint16(cpus)),
		keyMaxCPUs:   le.AppendUint16(nil, uint16(cpus)),
		keyFiles:     make([]byte, 4), // how many: none
	}}
}

// Read implements devices.Region. Behind the end of an item there are zeros; the selector does not say what it is.
func (d *Device) Read(off uint64, p []byte) {
	clear(p)
	if off != 1 || len(p) != 1 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.rest) > 0 {
		p[0], d.rest = d.rest[0], d.rest[1:]
	}
}

// Write implements devices.Region: it selects an item, from its beginning.
func (d *Device) Write(off uint64, p []byte) {
	if off != 0 || len(p) != 2 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest = d.items[binary.LittleEndian.Uint16(p)]
}
