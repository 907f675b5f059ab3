package virtiopci

import (
	"encoding/binary"
	"sync/atomic"
)

// Where the fields of struct virtio_pci_cfg_cap (4.1.4.9) begin in the capability.
const (
	windowFields = 4  // bar, id, padding, offset, length
	windowOffset = 8  // in the capability
	windowLength = 12 // in the capability
	windowData   = 16 // pci_cfg_data
)

// A window is the driver's way to BAR4 for firmware that cannot map it: an offset and a length in configuration space,
// and four bytes that stand for the registers there. Writing fields and using them are two accesses, between which
// another vCPU may come, as on hardware.
type window struct {
	field atomic.Uint64 // offset, length << 32
}

// set takes the live bytes from windowFields to pci_cfg_data.
func (w *window) set(p []byte) {
	offset := binary.LittleEndian.Uint32(p[windowOffset-windowFields:])
	length := binary.LittleEndian.Uint32(p[windowLength-windowFields:])
	w.field.Store(uint64(offset) | uint64(length)<<32)
}

// target is the access that the fields ask for. QEMU aligns the offset down and takes lengths 1, 2 and 4.
func (w *window) target() (off uint64, n int, ok bool) {
	v := w.field.Load()
	length := v >> 32
	if length != 1 && length != 2 && length != 4 {
		return 0, 0, false
	}
	return v & 0xffffffff &^ (length - 1), int(length), true
}

// addWindow adds the capability. bar is kept but not looked at: the offset is one of the modern regions (QEMU's
// virtio_address_space_lookup).
func (t *Transport) addWindow() {
	mask := make([]byte, 18)
	for _, field := range []struct{ off, n int }{{4, 1}, {windowOffset, 4}, {windowLength, 4}, {windowData, 4}} {
		for i := range field.n {
			mask[field.off-2+i] = 0xff
		}
	}
	at := t.addCapability(capability{kind: cfgPCI, extra: le32(0), mask: mask})
	t.fn.HookConfig(at+windowFields, windowData-windowFields, nil, t.window.set)
	t.fn.HookConfig(at+windowData, 4, t.readWindow, t.writeWindow)
}

func (t *Transport) readWindow(data []byte) {
	if off, n, ok := t.window.target(); ok {
		if p, ok := t.modern.find(off, n); ok {
			p.Read(off-p.base, data[:n])
		}
	}
}

func (t *Transport) writeWindow(data []byte) {
	if off, n, ok := t.window.target(); ok {
		if p, ok := t.modern.find(off, n); ok {
			p.Write(off-p.base, data[:n])
		}
	}
}
