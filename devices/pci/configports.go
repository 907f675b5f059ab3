package pci

import (
	"encoding/binary"
	"sync"

	"github.com/drydock-vmm/drydock/devices"
)

// Offsets from port 0xcf8.
const (
	configAddress = 0
	resetControl  = 1 // only a byte access means it: longer ones are CONFIG_ADDRESS
	configData    = 4
)

// Bits of the reset control register (82371SB, RCR).
const (
	resetFull = 1 << 1
	resetCPU  = 1 << 2
)

const addressEnable = 1 << 31 // CONFIG_ADDRESS

// configPorts are CONFIG_ADDRESS and CONFIG_DATA, configuration mechanism 1 (3.2.2.3.2), with the PIIX3's reset control
// register between them.
type configPorts struct {
	root *Root

	mu      sync.Mutex // not held over an access: address and data are two accesses anyway, and the guest's lock holds them together
	address uint32
	rcr     byte
	onReset func()
}

// OnHardReset is called, from a vCPU, when the guest writes the reset control register 0xcf9 with bit 2 set. The bit resets
// the CPU alone where bit 1 is clear; as in QEMU, the machine is meant either way. Only the last one given is called.
func (r *Root) OnHardReset(fn func()) {
	r.config.mu.Lock()
	defer r.config.mu.Unlock()
	r.config.onReset = fn
}

func (c *configPorts) Read(off uint64, p []byte) {
	if off >= configData {
		c.data(off-configData, p, (*Function).ReadConfig, devices.Ones)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if off == resetControl && len(p) == 1 {
		p[0] = c.rcr
		return
	}
	// At whatever port an access begins, what it gets is the lowest bytes (QEMU: pci_host_config_read).
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], c.address)
	copy(p, b[:])
}

func (c *configPorts) Write(off uint64, p []byte) {
	switch {
	case off >= configData:
		c.data(off-configData, p, (*Function).WriteConfig, func([]byte) {})
	case off == resetControl && len(p) == 1:
		c.reset9(p[0])
	case off == configAddress && len(p) == 4:
		c.mu.Lock()
		c.address = binary.LittleEndian.Uint32(p)
		c.mu.Unlock()
	}
}

// data makes an access to the function that CONFIG_ADDRESS names, or calls absent. The low two bits of the address, which
// hardware ignores, are joined with those of the port: qtest clients put the whole offset into the address and always use
// port 0xcfc.
func (c *configPorts) data(port uint64, p []byte, access func(*Function, int, []byte), absent func([]byte)) {
	c.mu.Lock()
	a := c.address
	c.mu.Unlock()
	f := c.root.visible(int(a>>11&0x1f), int(a>>8&0x7))
	if a&addressEnable == 0 || a>>16&0xff != 0 || f == nil {
		absent(p)
		return
	}
	access(f, int(a&0xff)|int(port), p)
}

// reset9 writes the reset control register.
func (c *configPorts) reset9(v byte) {
	c.mu.Lock()
	c.rcr = v & resetFull
	fn := c.onReset
	c.mu.Unlock()
	if v&resetCPU != 0 && fn != nil {
		fn()
	}
}

func (c *configPorts) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.address, c.rcr = 0, 0
}
