package vmm

import (
	"context"
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/devices/serial"
	"github.com/drydock-vmm/drydock/kvm"
)

// A machine is one life of a PC, from power on to reset.
type machine struct {
	c      *Config
	inputs inputs
	stop   context.CancelCauseFunc

	system *kvm.System
	vm     *kvm.VM
	cpus   []*kvm.VCPU
	ram    *RAM
	router *router

	ports  devices.Bus // of the platform
	pci    *pci.Root
	serial []*serial.UART

	hurry   bool           // it did not end by itself: nobody waits for its last words
	closers []func() error // in the order in which things were made; closed in reverse
}

// newMachine builds all of it, or leaves nothing behind. stop ends the machine, with an ended or a fault as the cause.
func newMachine(c *Config, in inputs, stop context.CancelCauseFunc) (*machine, error) {
	m := &machine{c: c, inputs: in, stop: stop}
	for _, step := range []func() error{m.openKVM, m.mapRAM, m.createCPUs, m.buildBoard, m.plugDevices, m.assignPCI} {
		if err := step(); err != nil {
			return nil, errors.Join(err, m.close())
		}
	}
	return m, nil
}

// closing registers what undoes the step just done.
func (m *machine) closing(undo func() error) { m.closers = append(m.closers, undo) }

// close takes everything down, the latest first. The CPUs have left their guests.
func (m *machine) close() (err error) {
	for i := len(m.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, m.closers[i]())
	}
	m.closers = nil
	return err
}

func (m *machine) openKVM() (err error) {
	if m.system, err = kvm.Open(); err != nil {
		return err
	}
	m.closing(m.system.Close)
	if m.vm, err = m.system.CreateVM(); err != nil {
		return err
	}
	m.closing(m.vm.Close)
	if err := m.vm.SetIdentityMapAddr(hostPages); err != nil {
		return err
	}
	if err := m.vm.SetTSSAddr(hostPages + 0x1000); err != nil {
		return err
	}
	if err := m.vm.CreateIRQChip(); err != nil {
		return err
	}
	if m.router, err = newRouter(m.vm); err != nil {
		return err
	}
	return m.vm.CreatePIT2(kvm.PITSpeakerDummy)
}

func (m *machine) mapRAM() (err error) {
	if m.ram, err = NewRAM(m.c.RAM); err != nil {
		return err
	}
	m.closing(m.ram.Close)
	for i, b := range m.ram.banks() {
		r := kvm.MemoryRegion{Slot: uint32(i), GuestPhysAddr: b.gpa, Memory: b.host}
		if err := m.vm.SetUserMemoryRegion(r); err != nil {
			return fmt.Errorf("vmm: giving RAM at %#x to KVM: %w", b.gpa, err)
		}
	}
	return nil
}

// createCPUs makes the CPUs; all but the first wait for their start-up interrupt.
func (m *machine) createCPUs() error {
	if most := m.vm.CheckExtension(kvm.CapMaxVCPUs); m.c.CPUs > most {
		return fmt.Errorf("vmm: %d CPUs: this host's KVM allows %d", m.c.CPUs, most)
	}
	supported, err := m.system.SupportedCPUID()
	if err != nil {
		return err
	}
	p := processor{cpus: m.c.CPUs, deadline: m.vm.CheckExtension(kvm.CapTSCDeadlineTimer) > 0}
	for p.id = range m.c.CPUs {
		if err := m.createCPU(p, supported); err != nil {
			return fmt.Errorf("vmm: CPU %d: %w", p.id, err)
		}
	}
	return nil
}

func (m *machine) createCPU(p processor, supported []kvm.CPUIDEntry) error {
	cpu, err := m.vm.CreateVCPU(p.id)
	if err != nil {
		return err
	}
	m.closing(cpu.Close)
	m.cpus = append(m.cpus, cpu)
	p.tscKHz, _ = cpu.TSCKHz() // a host whose counter is not stable does not say, and the guest measures
	if err := cpu.SetCPUID2(p.cpuid(supported, cpuModels[m.c.CPU])); err != nil {
		return err
	}
	return prepare(cpu)
}

// load puts kernel, initrd and tables into memory and the first CPU at the entry.
func (m *machine) load() error {
	file, err := m.c.Kernel.Stat()
	if err != nil {
		return err
	}
	kernel, err := boot.Open(m.c.Kernel, file.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", m.c.Kernel.Name(), err)
	}
	params, err := m.params()
	if err != nil {
		return err
	}
	entry, err := kernel.Load(m.ram, params)
	if err != nil {
		return fmt.Errorf("%s: %w", m.c.Kernel.Name(), err)
	}
	m.c.Log.Debug().Stringer("kind", kernel.Kind()).Uint64("entry", entry.RIP).Msg("kernel loaded")
	return enter(m.cpus[0], entry)
}

func (m *machine) params() (p boot.Params, err error) {
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
