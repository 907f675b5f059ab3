package vmm

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/drydock-vmm/drydock/kvm"
)

// run starts the CPUs and waits until all of them have left their guest.
func (k *kvmAccel) run(ctx context.Context, m *pc) {
	release := context.AfterFunc(ctx, func() { k.kick(); m.releaseSerial() })
	defer release()
	var running sync.WaitGroup
	for _, cpu := range k.cpus {
		k.gate.enter()
		running.Go(func() {
			defer k.gate.leave()
			if err := k.runCPU(ctx, m, cpu); err != nil {
				m.fault(err)
			}
		})
	}
	running.Wait()
	k.gate.settle()
}

// kick makes every CPU leave its guest; a CPU that waits for its start-up interrupt too.
func (k *kvmAccel) kick() {
	for _, cpu := range k.cpus {
		cpu.Kick()
	}
}

func (k *kvmAccel) pause() {
	k.gate.shut(k.kick)
	k.stopClock()
}

func (k *kvmAccel) resume() {
	k.startClock()
	k.gate.open()
}

// quiet calls f when all CPUs have left their guests, from a goroutine of its own: the caller may be a CPU.
func (k *kvmAccel) quiet(f func()) {
	k.gate.errand(func() {
		k.gate.shut(k.kick)
		defer k.gate.open()
		f()
	})
}

// runCPU runs one CPU until ctx is done. KVM wants all its ioctls from one thread.
func (k *kvmAccel) runCPU(ctx context.Context, m *pc, cpu *kvm.VCPU) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		k.gate.pass(ctx)
		if ctx.Err() != nil {
			return nil
		}
		exit, err := cpu.Run()
		if err != nil {
			return fmt.Errorf("vmm: CPU %d: %w", cpu.ID(), err)
		}
		if err := handle(m, cpu, exit); err != nil {
			return err
		}
	}
}

// handle does what an exit asks for.
func handle(m *pc, cpu *kvm.VCPU, exit kvm.Exit) error {
	switch e := exit.(type) {
	case *kvm.ExitIO:
		for i := 0; i < len(e.Data); i += e.Size {
			m.port(e.Write, uint64(e.Port), e.Data[i:i+e.Size])
		}
	case *kvm.ExitMMIO:
		m.memory(e.Write, e.Addr, e.Data)
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
