package vmm

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/drydock-vmm/drydock/kvm"
)

// Run is a machine, from power on until the guest turns it off or ctx is done. A reboot starts it again, unless NoReboot. An
// error is the host's, or KVM's that cannot go on with what the guest does (on hardware few guests get there, such as one that
// runs code where no memory is); it then holds the CPU's registers. Nothing of the machine is left when Run returns.
func Run(ctx context.Context, c Config) (Outcome, error) {
	if err := c.check(); err != nil {
		return Outcome{}, err
	}
	in := openInputs(&c)
	defer in.stop()
	for boots := 1; ; boots++ {
		o, err := boot1(ctx, &c, in)
		o.Boots = boots
		if err != nil || o.End != Reset || c.NoReboot {
			return o, err
		}
		c.Log.Info().Int("boots", boots).Msg("guest reboots")
	}
}

// boot1 is one life of the machine: build, run, take down.
func boot1(ctx context.Context, c *Config, in inputs) (o Outcome, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	m, err := newMachine(c, in, stop)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.load(); err != nil {
		return o, err
	}
	return m.run(ctx)
}

// ended is the cause with which the machine's context is cancelled when the guest ends it, fault when the host failed it. Any
// other cause is the caller's, who stops the machine.
type (
	ended struct{ Outcome }
	fault struct{ error }
)

func (e ended) Error() string { return "guest ended: " + e.End.String() }

// end stops the machine with an outcome. The first one counts. It returns at once; any goroutine may call it.
func (m *machine) end(o Outcome) { m.stop(ended{o}) }

// fault stops the machine because the host failed.
func (m *machine) fault(err error) { m.stop(fault{err}) }

// run starts the CPUs and waits until all of them have left their guest.
func (m *machine) run(ctx context.Context) (Outcome, error) {
	release := context.AfterFunc(ctx, m.release)
	defer release()
	done := make(chan struct{})
	for _, cpu := range m.cpus {
		go func() {
			defer func() { done <- struct{}{} }()
			if err := m.runCPU(ctx, cpu); err != nil {
				m.fault(err)
			}
		}()
	}
	for range m.cpus {
		<-done
	}
	o, err := outcome(context.Cause(ctx))
	m.hurry = err != nil || o.End == Stopped
	return o, err
}

// outcome tells the guest's end from the host's troubles and the caller's wish.
func outcome(cause error) (Outcome, error) {
	switch c := cause.(type) {
	case ended:
		return c.Outcome, nil
	case fault:
		return Outcome{}, c.error
	}
	return Outcome{End: Stopped}, nil
}

// release makes every CPU leave its guest; a CPU that waits for its start-up interrupt too, and one that waits for room in the
// output of a serial port.
func (m *machine) release() {
	for _, cpu := range m.cpus {
		cpu.Kick()
	}
	for _, u := range m.serial {
		go u.Close() // returns when the writer does; drain looks after that
	}
}

// runCPU runs one CPU until ctx is done. KVM wants all its ioctls from one thread.
func (m *machine) runCPU(ctx context.Context, cpu *kvm.VCPU) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for ctx.Err() == nil {
		exit, err := cpu.Run()
		if err != nil {
			return fmt.Errorf("vmm: CPU %d: %w", cpu.ID(), err)
		}
		if err := m.handle(cpu, exit); err != nil {
			return err
		}
	}
	return nil
}

// handle does what an exit asks for.
func (m *machine) handle(cpu *kvm.VCPU, exit kvm.Exit) error {
	switch e := exit.(type) {
	case *kvm.ExitIO:
		m.portAccess(e)
	case *kvm.ExitMMIO:
		m.memoryAccess(e)
	case kvm.ExitIntr, kvm.ExitIRQWindowOpen, kvm.ExitHLT:
	case kvm.ExitShutdown:
		m.end(Outcome{End: TripleFault, CPU: cpu.ID(), State: state(cpu)})
	case *kvm.ExitSystemEvent:
		m.end(Outcome{End: Reset})
	default:
		return fmt.Errorf("vmm: CPU %d cannot go on: %v\n%s", cpu.ID(), e, state(cpu))
	}
	return nil
}

// portAccess asks the platform first and PCI, which decodes all that is left, second.
func (m *machine) portAccess(e *kvm.ExitIO) {
	port := uint64(e.Port)
	for i := 0; i < len(e.Data); i += e.Size {
		switch p := e.Data[i : i+e.Size]; {
		case e.Write && !m.ports.Write(port, p):
			m.pci.Write(true, port, p)
		case !e.Write && !m.ports.Read(port, p):
			m.pci.Read(true, port, p)
		}
	}
}

// memoryAccess is an access to where no RAM is: there is nothing but PCI.
func (m *machine) memoryAccess(e *kvm.ExitMMIO) {
	if e.Write {
		m.pci.Write(false, e.Addr, e.Data)
	} else {
		m.pci.Read(false, e.Addr, e.Data)
	}
}

// state is what a person wants to see of a CPU that cannot go on.
func state(cpu *kvm.VCPU) string {
	r, err := cpu.Regs()
	if err != nil {
		return "registers: " + err.Error()
	}
	s, err := cpu.Sregs()
	if err != nil {
		return "registers: " + err.Error()
	}
	return fmt.Sprintf("rip=%#x rsp=%#x rflags=%#x rax=%#x rbx=%#x rcx=%#x rdx=%#x rsi=%#x rdi=%#x cs=%#x cr0=%#x cr2=%#x cr3=%#x cr4=%#x efer=%#x",
		r.RIP, r.RSP, r.RFLAGS, r.RAX, r.RBX, r.RCX, r.RDX, r.RSI, r.RDI, s.CS.Selector, s.CR0, s.CR2, s.CR3, s.CR4, s.EFER)
}
