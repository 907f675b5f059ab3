// Hello is the smallest machine: one page of memory, one processor, a serial port, and a guest of 30 bytes that prints a line and
// turns the machine off.
//
// A virtual machine is a process that hands the processor to a guest with one system call, KVM_RUN. The call returns when the guest
// does what only its machine can answer, here an access to a port; the loop in run is all that a VMM is. It prints every exit:
//
//	$ go run ./examples/hello
//	KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "H"
//	KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "e"
//	…
//	KVM_EXIT_IO: write of 1 x 2 bytes at port 0x604: "\x00 "
//	The guest turned the machine off, having said "Hello.\n".
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/acpipm"
	"github.com/drydock-vmm/drydock/devices/serial"
	"github.com/drydock-vmm/drydock/kvm"
	"golang.org/x/sys/unix"
)

const (
	base = 0x1000 // where the guest's page lies in its memory
	com1 = 0x3f8
)

// guest is 16-bit code: a processor starts in real mode.
var guest = append([]byte{
	0xbe, 0x16, 0x10, //       mov  si, base+0x16   the text
	0xba, 0xf8, 0x03, //       mov  dx, com1
	0xac,       //       next: lodsb                the next byte, and si+1
	0x84, 0xc0, //             test al, al
	0x74, 0x03, //             jz   off
	0xee,       //             out  dx, al
	0xeb, 0xf8, //             jmp  next
	0xba, 0x04, 0x06, // off:  mov  dx, 0x604       ACPI's PM1a control register
	0xb8, 0x00, 0x20, //       mov  ax, 1<<13       SLP_EN: power off
	0xef, //                   out  dx, ax
	0xf4, //                   hlt
}, "Hello.\n\x00"...)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}

// run makes the machine, and writes each exit to w until the guest turns it off.
func run(w io.Writer) error {
	cpu, err := newCPU()
	if err != nil {
		return err
	}
	defer cpu.Close()
	var said bytes.Buffer
	uart := serial.New(&said, nil)
	off := false
	ports, err := wire(uart, acpipm.New(nil, nil, func(int) { off = true }))
	if err != nil {
		return err
	}
	runtime.LockOSThread() // KVM wants one thread for all of a processor's life
	for !off {
		exit, err := cpu.Run()
		if err != nil {
			return err
		}
		if err := answer(w, ports, exit); err != nil {
			return err
		}
	}
	if err := uart.Close(); err != nil { // until then its goroutine may be writing
		return err
	}
	_, err = fmt.Fprintf(w, "The guest turned the machine off, having said %q.\n", said.String())
	return err
}

// wire says who answers at which ports.
func wire(uart *serial.UART, power *acpipm.PM) (*devices.Bus, error) {
	ports := new(devices.Bus)
	if err := ports.Add(com1, serial.Ports, "COM1", uart); err != nil {
		return nil, err
	}
	return ports, ports.Add(acpipm.PMBase, acpipm.PMSize, "power management", power.Registers())
}

// answer does what the guest asks of its machine.
func answer(w io.Writer, ports *devices.Bus, exit kvm.Exit) error {
	switch e := exit.(type) {
	case kvm.ExitIntr: // a signal to this thread, such as Go's own: nothing happened in the guest
	case *kvm.ExitIO:
		fmt.Fprintf(w, "%v: %v: %q\n", e.Reason(), e, e.Data)
		if e.Write {
			ports.Write(uint64(e.Port), e.Data)
		} else {
			ports.Read(uint64(e.Port), e.Data)
		}
	default:
		return fmt.Errorf("the guest wants what this machine does not have: %v", exit)
	}
	return nil
}

// newCPU puts the guest into memory, and a processor before its first instruction.
func newCPU() (*kvm.VCPU, error) {
	system, err := kvm.Open()
	if err != nil {
		return nil, err
	}
	defer system.Close()
	vm, err := system.CreateVM()
	if err != nil {
		return nil, err
	}
	defer vm.Close()                                  // the processor keeps it alive
	if err := vm.SetTSSAddr(0xfffbd000); err != nil { // Intel's processors need room for real mode
		return nil, err
	}
	// Anonymous pages, which no collector moves or reuses; this process keeps them until it ends.
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	copy(page, guest)
	if err := vm.SetUserMemoryRegion(kvm.MemoryRegion{GuestPhysAddr: base, Memory: page}); err != nil {
		return nil, err
	}
	cpu, err := vm.CreateVCPU(0)
	if err != nil {
		return nil, err
	}
	if err := start(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	return cpu, nil
}

// start puts the processor at the guest's first instruction; by itself it would begin where firmware is, 16 bytes below 4 GB.
func start(cpu *kvm.VCPU) error {
	s, err := cpu.Sregs()
	if err != nil {
		return err
	}
	s.CS.Base, s.CS.Selector = 0, 0
	if err := cpu.SetSregs(s); err != nil {
		return err
	}
	return cpu.SetRegs(kvm.Regs{RIP: base, RFLAGS: 1 << 1})
}
