package kvm_test

import (
	"fmt"
	"log"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/kvm"
)

// A virtual machine of one page, whose guest writes two letters to the first serial port and halts.
func ExampleVCPU_Run() {
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	runtime.LockOSThread() // Run's thread is where Kick sends its signal
	defer runtime.UnlockOSThread()

	system, err := kvm.Open()
	must(err)
	defer system.Close()
	vm, err := system.CreateVM()
	must(err)
	defer vm.Close()

	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_SHARED)
	must(err)
	defer unix.Munmap(page)
	copy(page, []byte{
		0xba, 0xf8, 0x03, // mov dx, 0x3f8
		0xb0, 'H', 0xee, // mov al, 'H'; out dx, al
		0xb0, 'i', 0xee, // mov al, 'i'; out dx, al
		0xf4, // hlt
	})
	must(vm.SetUserMemoryRegion(kvm.MemoryRegion{GuestPhysAddr: 0x1000, Memory: page}))

	vcpu, err := vm.CreateVCPU(0)
	must(err)
	defer vcpu.Close()
	sregs, err := vcpu.Sregs()
	must(err)
	sregs.CS.Base, sregs.CS.Selector = 0, 0
	must(vcpu.SetSregs(sregs))
	must(vcpu.SetRegs(kvm.Regs{RIP: 0x1000, RFLAGS: 2}))

	for {
		exit, err := vcpu.Run()
		must(err)
		switch e := exit.(type) {
		case *kvm.ExitIO:
			os.Stdout.Write(e.Data)
		case kvm.ExitHLT:
			fmt.Println()
			return
		case kvm.ExitIntr: // a signal, not meant for us
		default:
			log.Fatal(e)
		}
	}
	// Output: Hi
}
