package vmm

import (
	"errors"
	"fmt"
	"time"

	"github.com/drydock-vmm/drydock/boot/acpi"
	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/kvm"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
	"github.com/rs/zerolog"
)

// kvmAccel runs a PC on KVM: a thread for each CPU, interrupt controllers and timer in the kernel, irqfds and ioeventfds.
type kvmAccel struct {
	log    zerolog.Logger
	system *kvm.System
	vm     *kvm.VM
	cpus   []*kvm.VCPU
	router *router
	gate   *gate

	stopped  kvm.ClockData // the guest's clock when the machine was paused
	clockErr error         // of reading it

	closers []func() error
}

// newKVM makes the VM with its memory and CPUs, or leaves nothing behind.
func newKVM(c *Config, ram *RAM) (*kvmAccel, error) {
	k := &kvmAccel{log: c.Log, gate: newGate(c.CPUs)}
	if err := k.open(c, ram); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *kvmAccel) open(c *Config, ram *RAM) (err error) {
	if k.system, err = kvm.Open(); err != nil {
		return err
	}
	k.closers = append(k.closers, k.system.Close)
	if k.vm, err = k.system.CreateVM(); err != nil {
		return err
	}
	k.closers = append(k.closers, k.vm.Close)
	if err := k.vm.SetIdentityMapAddr(hostPages); err != nil {
		return err
	}
	if err := k.vm.SetTSSAddr(hostPages + 0x1000); err != nil {
		return err
	}
	if err := k.vm.CreateIRQChip(); err != nil {
		return err
	}
	if k.router, err = newRouter(k.vm); err != nil {
		return err
	}
	if err := k.vm.CreatePIT2(kvm.PITSpeakerDummy); err != nil {
		return err
	}
	if err := k.mapRAM(ram); err != nil {
		return err
	}
	return k.createCPUs(c)
}

// close ends the VM. The CPUs have left their guests; what waited for that, or was asked for since, uses the VM still.
func (k *kvmAccel) close() (err error) {
	k.gate.settle()
	for i := len(k.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, k.closers[i]())
	}
	k.closers = nil
	return err
}

func (k *kvmAccel) mapRAM(ram *RAM) error {
	for i, b := range ram.banks() {
		r := kvm.MemoryRegion{Slot: uint32(i), GuestPhysAddr: b.gpa, Memory: b.host}
		if err := k.vm.SetUserMemoryRegion(r); err != nil {
			return fmt.Errorf("vmm: giving RAM at %#x to KVM: %w", b.gpa, err)
		}
	}
	return nil
}

// createCPUs makes the CPUs; all but the first wait for their start-up interrupt.
func (k *kvmAccel) createCPUs(c *Config) error {
	if most := k.vm.CheckExtension(kvm.CapMaxVCPUs); c.CPUs > most {
		return fmt.Errorf("vmm: %d CPUs: this host's KVM allows %d", c.CPUs, most)
	}
	supported, err := k.system.SupportedCPUID()
	if err != nil {
		return err
	}
	p := processor{cpus: c.CPUs, deadline: k.vm.CheckExtension(kvm.CapTSCDeadlineTimer) > 0}
	for p.id = range c.CPUs {
		if err := k.createCPU(c, p, supported); err != nil {
			return fmt.Errorf("vmm: CPU %d: %w", p.id, err)
		}
	}
	return nil
}

func (k *kvmAccel) createCPU(c *Config, p processor, supported []kvm.CPUIDEntry) error {
	cpu, err := k.vm.CreateVCPU(p.id)
	if err != nil {
		return err
	}
	k.closers = append(k.closers, cpu.Close)
	k.cpus = append(k.cpus, cpu)
	p.tscKHz, _ = cpu.TSCKHz() // a host whose counter is not stable does not say, and the guest measures
	if err := cpu.SetCPUID2(p.cpuid(supported, cpuModels[c.CPU])); err != nil {
		return err
	}
	return prepare(cpu)
}

// load puts the first CPU at the entry of what is booted.
func (k *kvmAccel) load(m *pc) error {
	entry, err := m.loadKernel()
	if err != nil {
		return err
	}
	return enter(k.cpus[0], entry)
}

func (k *kvmAccel) line(gsi uint32) devices.Pin { return line{k.vm, gsi} }

// intx is wired as the ACPI tables say, so that a kernel that was booted without firmware need not route it.
func (k *kvmAccel) intx(slot, number int) (pin, error) {
	return newINTx(k.vm, acpi.PinGSI(slot, number))
}
func (k *kvmAccel) route([pci.PIRQs]byte) {}

func (k *kvmAccel) messages() messages          { return newMSI(k.router, k.log) }
func (k *kvmAccel) clock() func() time.Duration { return nil }
func (k *kvmAccel) inherit(accelerator)         {}

func (k *kvmAccel) notifier() virtiopci.Notifier { return notifier{k.vm} }

// notifier gives queues their ioeventfds. It implements virtiopci.Notifier.
type notifier struct{ vm *kvm.VM }

func (n notifier) Attach(d virtiopci.Doorbell) error { return n.vm.AssignIOEventFD(request(d)) }
func (n notifier) Detach(d virtiopci.Doorbell) error { return n.vm.DeassignIOEventFD(request(d)) }

func request(d virtiopci.Doorbell) kvm.IOEventFD {
	return kvm.IOEventFD{FD: d.FD, Addr: d.Addr, PIO: d.IO, Len: uint32(d.Size), Match: d.Match, Data: d.Value}
}
