package carrier

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/net"
	"github.com/rs/zerolog"
)

// Config is what a carrier is made of. The zero value is a carrier that can run one machine of up to 2 GiB.
type Config struct {
	// RAM is the carrier's, in MiB; 0 for 3072. The machines in it and all its files live there.
	RAM uint64
	// CPUs is the number of its processors; 0 for 1. More are emulated in turns, by one thread: QEMU's parallel emulation of
	// nested virtualization hangs.
	CPUs int
	// Kernel is the carrier's own, and the one that drydock run finds in it; zero for PreferredKernel.
	Kernel hostkernel.Kernel
	// Kernels are others that drydock run finds in it, under the paths that KernelPath gives.
	Kernels []hostkernel.Kernel
	// Single leaves out what other programs than a Drydock whose machine brings its kernel would look for: a kernel to boot, modules,
	// network tools.
	Single bool
	// Files are in it from the start; nil for none.
	Files *initramfs.Archive
	// Links are connected to its ports, each with all its queue pairs: the n-th of all of those to the port that PortPath(n) names. The
	// caller opens and closes them.
	Links []net.Netdev
	// Sockets are let in by its ports: the n-th by the one that SocketPath(n) names. They serve one job, and are closed then.
	Sockets []Socket
	// Disks are its disks: the n-th is at DiskPath(n).
	Disks []Disk
	// QEMU is the emulator's path; empty for qemu-system-x86_64 in PATH.
	QEMU string
	// Binary is a Drydock, whose main calls guestinit; empty for this process's.
	Binary string
	// Console gets what the carrier's kernel says; nil for nobody. It is called from one goroutine.
	Console io.Writer
	// BootTimeout is how long the carrier may take to its first word; 0 for 120 s.
	BootTimeout time.Duration
	Log         zerolog.Logger
}

// complete fills in what was left out.
func (c Config) complete() (_ Config, err error) {
	c.RAM = orElse(c.RAM, 3072)
	c.CPUs = orElse(c.CPUs, 1)
	c.BootTimeout = orElse(c.BootTimeout, 2*time.Minute)
	if c.QEMU == "" {
		if c.QEMU, err = exec.LookPath("qemu-system-x86_64"); err != nil {
			return c, fmt.Errorf("carrier: an emulated host needs QEMU: apt-get install qemu-system-x86 (%w)", err)
		}
	}
	if c.Binary == "" {
		if c.Binary, err = os.Executable(); err != nil {
			return c, fmt.Errorf("carrier: find this binary: %w", err)
		}
	}
	if c.Kernel.Path == "" {
		c.Kernel, err = PreferredKernel()
	}
	return c, err
}

// PreferredKernel is the one for a carrier, and for a machine in it that names none: the first of hostkernel.Host.All that was made for
// clouds, or else the first. Such a kernel has fewer drivers to look for their devices, and is up in half the time.
func PreferredKernel() (hostkernel.Kernel, error) {
	var host hostkernel.Host
	for _, k := range host.All() {
		if strings.Contains(k.Release, "-cloud-") {
			return k, nil
		}
	}
	return host.Find("")
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
