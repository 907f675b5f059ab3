package vmm

import "github.com/drydock-vmm/drydock/devices/pci"

// port is an access to I/O ports. One that is not aligned is as many that are: it may begin at one device and end at another.
func (m *pc) port(write bool, port uint64, p []byte) {
	for len(p) > 0 {
		n := piece(port, len(p))
		m.aligned(write, port, p[:n])
		port, p = port+uint64(n), p[n:]
	}
}

// aligned is an access to one I/O port: the platform is asked first and PCI, which decodes all that is left, second.
func (m *pc) aligned(write bool, port uint64, p []byte) {
	switch {
	case write && !m.ports.Write(port, p):
		m.pci.Write(pci.Ports, port, p)
	case !write && !m.ports.Read(port, p):
		m.pci.Read(pci.Ports, port, p)
	}
}

// memory is an access to where no RAM is: there is nothing but PCI. What nobody answers reads as zeros, as in QEMU
// (unassigned_mem_read); on ports it is ones.
func (m *pc) memory(write bool, addr uint64, p []byte) {
	if write {
		m.pci.Write(pci.Memory, addr, p)
	} else if !m.pci.Read(pci.Memory, addr, p) {
		clear(p)
	}
}
