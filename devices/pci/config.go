package pci

import (
	"encoding/binary"

	"github.com/drydock-vmm/drydock/devices"
)

// A hook stands between a guest and a range of configuration space.
type hook struct {
	off, end    int
	read, write func(p []byte)
}

// HookConfig calls read before the guest reads, and write after it writes, any byte of [off, off+n) of configuration space.
// p are the live bytes of that range; nobody else changes them meanwhile. Either may be nil. It serves the virtio PCI_CFG
// window (4.1.4.9).
func (f *Function) HookConfig(off, n int, read, write func(p []byte)) {
	f.hooks = append(f.hooks, hook{off, off + n, read, write})
}

// ReadConfig is a guest's read of configuration space. Beyond its end everything reads as ones; an access that crosses it has
// zeros there, as in QEMU (pci_host_config_read_common).
func (f *Function) ReadConfig(off int, p []byte) {
	n := f.clip(off, p)
	if n == 0 {
		devices.Ones(p)
		return
	}
	clear(p[n:])
	f.access.Lock()
	defer f.access.Unlock()
	for _, h := range f.hooks {
		if h.read != nil && h.touches(off, n) {
			h.read(f.config[h.off:h.end:h.end])
		}
	}
	f.mu.Lock()
	copy(p, f.config[off:])
	f.mu.Unlock()
	// The bit is not kept among the bytes: whoever raises INTx must not wait for a configuration access to end.
	if at := regStatus - off; at >= 0 && at < n && f.intx.asserted() {
		p[at] |= statusInterrupt
	}
}

// WriteConfig is a guest's write of configuration space: what the mask allows changes, the rest stays.
func (f *Function) WriteConfig(off int, p []byte) {
	n := f.clip(off, p)
	if n == 0 {
		return
	}
	f.access.Lock()
	defer f.access.Unlock()
	f.mu.Lock()
	old := f.command()
	for i, b := range p[:n] {
		m := f.mask[off+i]
		f.config[off+i] = f.config[off+i]&^m | b&m
	}
	now := f.command()
	f.mu.Unlock()

	if off < headerSize {
		f.redecode()
	}
	f.followCommand()
	if off <= regCommand && off+n > regCommand {
		f.commandWritten(old, now)
	}
	for _, h := range f.hooks {
		if h.write != nil && h.touches(off, n) {
			h.write(f.config[h.off:h.end:h.end])
		}
	}
}

func (h hook) touches(off, n int) bool { return off < h.end && h.off < off+n }

// clip says how many bytes of an access lie in configuration space.
func (f *Function) clip(off int, p []byte) int {
	if off < 0 || off >= len(f.config) {
		return 0
	}
	return min(len(p), len(f.config)-off)
}

// command is COMMAND; mu is held.
func (f *Function) command() uint16 { return binary.LittleEndian.Uint16(f.config[regCommand:]) }
