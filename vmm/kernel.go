package vmm

import (
	"fmt"

	"github.com/drydock-vmm/drydock/boot"
)

// loadKernel puts kernel, initrd and tables into memory.
func (m *pc) loadKernel() (entry boot.Entry, err error) {
	file, err := m.c.Kernel.Stat()
	if err != nil {
		return entry, err
	}
	kernel, err := boot.Open(m.c.Kernel, file.Size())
	if err != nil {
		return entry, fmt.Errorf("%s: %w", m.c.Kernel.Name(), err)
	}
	params, err := m.params()
	if err != nil {
		return entry, err
	}
	if entry, err = kernel.Load(m.ram, params); err != nil {
		return entry, fmt.Errorf("%s: %w", m.c.Kernel.Name(), err)
	}
	m.c.Log.Debug().Stringer("kind", kernel.Kind()).Uint64("entry", entry.RIP).Msg("kernel loaded")
	return entry, nil
}

func (m *pc) params() (p boot.Params, err error) {
	p.Cmdline = m.c.Cmdline
	if p.Map, err = boot.NewMemoryMap(m.c.RAM); err != nil {
		return p, err
	}
	if p.RSDP, err = m.loadACPI(); err != nil {
		return p, err
	}
	if m.c.Initrd == nil {
		return p, nil
	}
	file, err := m.c.Initrd.Stat()
	if err != nil {
		return p, err
	}
	if _, err := m.c.Initrd.Seek(0, 0); err != nil { // a reboot reads it again
		return p, err
	}
	p.Initrd, p.InitrdSize = m.c.Initrd, file.Size()
	return p, nil
}
