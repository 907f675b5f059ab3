package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/kvm"
	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

// An examination asks one question of this host: the answer, or why not and what mends it.
type examination struct {
	question string
	look     func() (answer, mend string, err error)
}

var examinations = []examination{
	{"KVM", lookAtKVM},
	{"KVM speed", lookAtSpeed},
	{"emulated host (-accel carrier)", lookAtCarrier},
	{"kernel for drydock run", lookAtKernel},
	{"busybox for drydock run", lookAtBusybox},
	{"tap devices", lookAtTap},
	{"network namespaces", lookAtNamespaces},
}

// doctorCommand is "drydock doctor". It exits with 1 if no guest can be booted at all.
func doctorCommand(_ context.Context, words []string) (int, error) {
	if err := noArguments("doctor", words); err != nil {
		return 0, err
	}
	failed := map[string]bool{}
	for _, e := range examinations {
		answer, mend, err := e.look()
		mark := "yes"
		if err != nil {
			mark, answer = "no ", err.Error()
			failed[e.question] = true
		}
		fmt.Printf("%s  %-31s %s\n", mark, e.question, answer)
		if err != nil {
			fmt.Printf("     %-31s -> %s\n", "", mend)
		}
	}
	slow := failed["KVM"] || failed["KVM speed"]
	if slow && failed["emulated host (-accel carrier)"] || failed["kernel for drydock run"] {
		return 1, errors.New("this host cannot boot a stock kernel; mend what is above")
	}
	return 0, nil
}

func lookAtKVM() (string, string, error) {
	s, err := kvm.Open()
	if err != nil {
		return "", "load the kvm_intel or kvm_amd module, or be in the group of /dev/kvm: sudo usermod -aG kvm $USER", err
	}
	return "/dev/kvm, API version 12", "", s.Close()
}

func lookAtSpeed() (string, string, error) {
	v := carrier.Measure()
	if v.Err != nil {
		return "", "make /dev/kvm usable first", errors.New("not measured")
	}
	if !v.Usable() {
		return "", "this KVM emulates ring 0: guests boot in an emulated host, or on a machine with hardware virtualization",
			fmt.Errorf("%.0f ns for a ring-0 instruction: a stock kernel would boot for minutes", v.Speed.PerInstruction())
	}
	return fmt.Sprintf("%.2f ns for a ring-0 instruction", v.Speed.PerInstruction()), "", nil
}

func lookAtCarrier() (string, string, error) {
	path, err := exec.LookPath("qemu-system-x86_64")
	return path, "sudo apt-get install qemu-system-x86 (only hosts without a fast KVM need it)", err
}

func lookAtKernel() (string, string, error) {
	k, err := hostkernel.Host{}.Find("")
	return k.Path, "drydock kernel get", err
}

func lookAtBusybox() (string, string, error) {
	path, err := exec.LookPath("busybox")
	return path, "sudo apt-get install busybox-static (without it the guest has no shell)", err
}

// lookAtTap makes a tap and lets it go.
func lookAtTap() (string, string, error) {
	tap, err := net.OpenTap(net.TapConfig{Name: fmt.Sprintf("drydock%d", os.Getpid()%1e6), VNetHdr: net.VNetHdrAuto})
	if err != nil {
		return "", "let root make one for you: sudo ip tuntap add tap0 mode tap user $USER; or use -netdev user", err
	}
	return fmt.Sprintf("with offloads %v", tap.Offloads()), "", tap.Close()
}

// lookAtNamespaces tries in a child, which has nothing to lose.
func lookAtNamespaces() (string, string, error) {
	c := exec.Command("true")
	c.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if os.Getuid() != 0 {
		c.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
	}
	return "can be made", "sudo sysctl -w kernel.unprivileged_userns_clone=1 (only the demo and the tests need it)", c.Run()
}
