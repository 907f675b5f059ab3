package conformance

import (
	"github.com/drydock-vmm/drydock/devices/pci"
)

// Registers of a configuration header (PCI 3.0, 6.1).
const (
	pciVendor          = 0x00
	pciDevice          = 0x02
	pciCommand         = 0x04
	pciStatus          = 0x06
	pciRevision        = 0x08
	pciBAR0            = 0x10
	pciSubsystemVendor = 0x2c
	pciSubsystem       = 0x2e
	pciCapabilities    = 0x34

	statusInterrupt    = 1 << 3 // of pciStatus
	statusCapabilities = 1 << 4

	capabilityMSIX   = 0x11
	capabilityVendor = 0x09
)

// config and setConfig are accesses by configuration mechanism 1.
func (m *machine) config(off, size int) uint64 {
	m.address(off)
	var p [4]byte
	m.root.Config().Read(uint64(4+off&3), p[:size])
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24
}

func (m *machine) setConfig(off, size int, v uint64) {
	m.address(off)
	p := [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
	m.root.Config().Write(uint64(4+off&3), p[:size])
}

func (m *machine) address(off int) {
	a := uint32(1<<31 | slot<<11 | off&^3)
	m.root.Config().Write(0, []byte{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24)})
}

// A bar is what a base address register decodes; size 0 is none.
type bar struct {
	in   pci.Space
	addr uint64
	size uint64
}

// place sizes the BARs, puts each at an address of its own and switches the function on.
func (m *machine) place() {
	port, mem := uint64(0xc000), uint64(0xe0000000)
	for i := 0; i < len(m.bars); i++ {
		b := m.probe(i)
		if b.size == 0 {
			continue
		}
		next := &mem
		if b.in == pci.Ports {
			next = &port
		}
		b.addr = (*next + b.size - 1) &^ (b.size - 1)
		*next = b.addr + b.size
		m.bars[i] = b
		m.setConfig(pciBAR0+4*i, 4, b.addr)
		if m.config(pciBAR0+4*i, 4)&7 == 4 {
			i++
			m.setConfig(pciBAR0+4*i, 4, 0)
		}
	}
	m.setConfig(pciCommand, 2, pci.CommandIO|pci.CommandMemory|pci.CommandBusMaster)
}

// probe finds the size of a BAR; all of them are below 4 GiB.
func (m *machine) probe(i int) bar {
	m.setConfig(pciBAR0+4*i, 4, 0xffffffff)
	v := uint32(m.config(pciBAR0+4*i, 4))
	if v == 0 {
		return bar{size: 0}
	}
	if v&1 != 0 {
		return bar{in: pci.Ports, size: uint64(^(v &^ 3)) + 1}
	}
	return bar{size: uint64(^(v &^ 15)) + 1}
}

// capabilities are the addresses of all capabilities, in the order of the list.
func (m *machine) capabilities() (at []int) {
	m.Helper()
	for next := int(m.config(pciCapabilities, 1)); next != 0; next = int(m.config(next+1, 1)) {
		if at = append(at, next); len(at) > 48 {
			m.Fatal("the list of capabilities does not end")
		}
	}
	return at
}

// capability finds the first of a kind.
func (m *machine) capability(id uint64) int {
	m.Helper()
	for _, at := range m.capabilities() {
		if m.config(at, 1) == id {
			return at
		}
	}
	m.Fatalf("no capability %#x", id)
	return 0
}

// vectors is how many MSI-X vectors there are.
func (m *machine) vectors() int { return int(m.config(m.capability(capabilityMSIX)+2, 2)&0x7ff) + 1 }

// enableMSIX unmasks all vectors and switches MSI-X on.
func (m *machine) enableMSIX() {
	at := m.capability(capabilityMSIX)
	table := m.config(at+4, 4)
	b := m.bars[table&7]
	for v := range uint64(m.vectors()) {
		entry := b.addr + table&^7 + 16*v
		m.store(b.in, entry, 4, 0xfee00000)
		m.store(b.in, entry+4, 4, 0)
		m.store(b.in, entry+8, 4, v)
		m.store(b.in, entry+12, 4, 0)
	}
	m.setConfig(at+2, 2, 0x8000)
}

func (m *machine) disableMSIX() { m.setConfig(m.capability(capabilityMSIX)+2, 2, 0) }
