package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/kvm"
)

func Example() {
	if err := run(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "H"
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "e"
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "l"
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "l"
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "o"
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "."
	// KVM_EXIT_IO: write of 1 x 1 bytes at port 0x3f8: "\n"
	// KVM_EXIT_IO: write of 1 x 2 bytes at port 0x604: "\x00 "
	// The guest turned the machine off, having said "Hello.\n".
}

func TestAnExitThatTheMachineCannotAnswerEndsIt(t *testing.T) {
	err := answer(os.Stdout, new(devices.Bus), kvm.ExitHLT{})
	if err == nil || !strings.Contains(err.Error(), "halt") {
		t.Errorf("error %v, want one that names the exit", err)
	}
}
