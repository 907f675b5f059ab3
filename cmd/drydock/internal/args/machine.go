package args

import (
	"fmt"
	"runtime"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Defaults where the command line says nothing. QEMU's RAM default of 128 MiB is too small for a stock kernel that unpacks
// an initramfs.
const (
	defaultRAM = 512 << 20
	maxCPUs    = 255
)

// Machine is all that a command line says of a machine.
type Machine struct {
	Kernel, Initrd, Append string
	RAM                    uint64 // bytes
	CPUs                   int
	CPU                    string // host, max, or a baseline model
	Accel                  string // auto, kvm or carrier
	Name, PIDFile          string
	Serial                 []string // one per port: stdio, null, none, file:PATH
	NoGraphic, NoReboot    bool
	NoDefaults             bool
	Timeout                time.Duration // 0: none
	Stats                  string        // file that gets the devices' counters at the end, as JSON; "" for none
	LogLevel               string

	Devices   []string // each -device, as written; what they mean is in NICs and DebugExit
	Netdevs   []Netdev
	NICs      []NIC
	Dumps     []Dump
	DebugExit *uint16 // I/O port of isa-debug-exit
}

// New returns a machine with the defaults.
func New() *Machine {
	return &Machine{RAM: defaultRAM, CPUs: 1, CPU: "host", Accel: "auto", LogLevel: "warn"}
}

func (m *Machine) setMachine(s string) error {
	l, err := option.Parse(s, "type")
	if err != nil {
		return err
	}
	kind := "pc"
	return l.Decode("-machine", option.Props{
		"type":  option.OneOf(&kind, "pc", "pc-i440fx-7.2", "i440fx"),
		"accel": option.OneOf(&m.Accel, accels...),
		"usb":   option.Ignored, "vmport": option.Ignored, "graphics": option.Ignored, "dump-guest-core": option.Ignored,
		"hpet": option.Ignored, "smbus": option.Ignored, "sata": option.Ignored, "mem-merge": option.Ignored, "acpi": mustBeOn,
	})
}

func mustBeOn(s string) error {
	on, err := option.Bool(s)
	if err == nil && !on {
		return fmt.Errorf("this machine always has ACPI: leave it out or write on")
	}
	return err
}

var accels = []string{"auto", "kvm", "carrier"}

func (m *Machine) setAccel(s string) error {
	l, err := option.Parse(s, "accel")
	if err != nil {
		return err
	}
	return l.Decode("-accel", option.Props{"accel": option.OneOf(&m.Accel, accels...)})
}

func (m *Machine) setRAM(s string) error {
	l, err := option.Parse(s, "size")
	if err != nil {
		return err
	}
	return l.Decode("-m", option.Props{"size": option.To(&m.RAM, ramSize)})
}

func ramSize(s string) (uint64, error) {
	size, err := option.Size(s, 1<<20)
	if err == nil && (size < 1<<20 || size%(1<<20) != 0) {
		err = fmt.Errorf("%q of RAM: give whole MiB, at least 1", s)
	}
	return size, err
}

func (m *Machine) setTimeout(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fmt.Errorf("-timeout %s: give a time with its unit, such as 90s or 5m", s)
	}
	m.Timeout = d
	return nil
}

func (m *Machine) setSMP(s string) error {
	l, err := option.Parse(s, "cpus")
	if err != nil {
		return err
	}
	return l.Decode("-smp", option.Props{
		"cpus": option.To(&m.CPUs, cpuCount), "maxcpus": option.Ignored, "sockets": option.Ignored, "dies": option.Ignored,
		"clusters": option.Ignored, "cores": option.Ignored, "threads": option.Ignored,
	})
}

func cpuCount(s string) (int, error) {
	n, err := option.Uint(s, 16)
	if err == nil && (n < 1 || n > maxCPUs) {
		err = fmt.Errorf("%d CPUs: give 1 to %d (this host has %d)", n, maxCPUs, runtime.NumCPU())
	}
	return int(n), err
}

// cpuModels are host (all that KVM can give), max (the same here), and QEMU's baselines, which hide what came after SSE3.
var cpuModels = []string{"host", "max", "qemu64", "kvm64"}

func (m *Machine) setCPU(s string) error {
	l, err := option.Parse(s, "model")
	if err != nil {
		return err
	}
	return l.Decode("-cpu", option.Props{"model": option.OneOf(&m.CPU, cpuModels...), "migratable": option.Ignored})
}

func (m *Machine) setName(s string) error {
	l, err := option.Parse(s, "guest")
	if err != nil {
		return err
	}
	return l.Decode("-name", option.Props{"guest": option.ToString(&m.Name), "process": option.Ignored, "debug-threads": option.Ignored})
}
