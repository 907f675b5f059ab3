package pci

import "fmt"

// Capability IDs (appendix H).
const (
	CapabilityVendor byte = 0x09
	CapabilityMSIX   byte = 0x11
)

// AddCapability links a capability in front of the list (QEMU links them downwards) and returns its offset. body begins
// after the id and next bytes; mask says which of its bits a guest may write (nil: none).
func (f *Function) AddCapability(id byte, body, mask []byte) (off int) {
	off = f.free
	n := (2 + len(body) + 3) &^ 3
	if off+n > len(f.config) {
		panic(fmt.Sprintf("pci: no room for capability %#x of %d bytes at %#x", id, n, off))
	}
	f.free += n
	b := make([]byte, n)
	b[0], b[1] = id, f.config[regCapabilities]
	copy(b[2:], body)
	m := make([]byte, n)
	copy(m[2:], mask)
	f.initial(off, b, m)
	f.initial(regCapabilities, []byte{byte(off)}, nil)
	f.initial(regStatus, []byte{f.config[regStatus] | statusCapabilities}, nil)
	return off
}
