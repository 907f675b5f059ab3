package vmm

import (
	"fmt"
	"io"
	"os"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/rs/zerolog"
)

// Config is a machine. Devices and links in it outlive a reboot of the guest; the rest of the machine is built anew for each boot, but
// with QTest the memory and the PCI bus with its functions, which are reset.
type Config struct {
	RAM  uint64 // bytes, a multiple of 4 KiB
	CPUs int    // 1 to 255
	CPU  string // host or max: all that KVM can give; qemu64, kvm64: a baseline

	Kernel  *os.File // see package boot for what it may be
	Initrd  *os.File // nil: none
	Cmdline string

	Devices []Device
	Serial  [2]Serial // COM1, COM2

	// DebugExit, if not 0, is the port of QEMU's isa-debug-exit: a write of v ends the machine with DebugExit v.
	DebugExit uint16

	Accel string // KVM or QTest; empty: KVM

	// Paused is a machine that does nothing until Resume.
	Paused bool

	// OnEvent, if not nil, is told what happens, in order. It is called from any goroutine and must neither block nor call back.
	OnEvent func(Event)

	// NoReboot makes a reset that the guest asks for end the machine, as power-off does.
	NoReboot bool

	Log zerolog.Logger
}

// Device is a virtio device and its place on PCI, in QEMU's terms.
type Device struct {
	virtio.Device
	ID              string // its name for QMP; may be empty
	Kind            string // QEMU's name of the type, such as virtio-net-pci
	Slot            int    // -1: the next free one
	Func            int    // its function number there, 0 to 7
	DisableLegacy   bool
	DisableModern   bool
	ModernPIONotify bool
	PagePerVQ       bool
	Multifunction   bool
	IOEventFD       bool
	ROM             bool // the BAR of an option ROM, as QEMU's network cards have
	Vectors         int  // -1: as many as its queues want
}

// Serial is what a serial port is connected to. A nil Out drops what the guest writes; a nil In is a terminal where nobody types.
// Both should take what comes, or be closed, when Run is to return: an Out that blocks holds a machine that was stopped for half a
// second, and one that ended by itself until all is out; the goroutine that reads In ends with Run only if In has deadlines (an
// *os.File of a pipe or socket has) or its Read returns.
type Serial struct {
	Out io.Writer
	In  io.Reader
}

func (c *Config) check() error {
	switch {
	case c.CPUs < 1 || c.CPUs > maxCPUs:
		return fmt.Errorf("vmm: %d CPUs: give 1 to %d", c.CPUs, maxCPUs)
	case c.Accel == QTest:
		return nil
	case c.Accel != "" && c.Accel != KVM:
		return fmt.Errorf("vmm: no accelerator %q: %s and %s are there", c.Accel, KVM, QTest)
	case c.Kernel == nil:
		return fmt.Errorf("vmm: no kernel to boot")
	case len(c.Cmdline) > 0 && c.Cmdline[0] == 0:
		return fmt.Errorf("vmm: the kernel command line begins with a NUL byte")
	}
	if _, ok := cpuModels[c.CPU]; !ok {
		return fmt.Errorf("vmm: unknown CPU model %q: host, max, qemu64 and kvm64 are there", c.CPU)
	}
	return nil
}
