package args

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Defaults where the command line says nothing. QEMU's RAM default is too small for a stock kernel that unpacks an initramfs; a
// qtest, which boots nothing, has it.
const (
	defaultRAM      = 512 << 20
	defaultQTestRAM = 128 << 20
	maxCPUs         = 255
)

// Machine is all that a command line says of a machine.
type Machine struct {
	Kernel, Initrd, Append string
	Kind                   string // pc, or none: nothing but monitors
	RAM                    uint64 // bytes
	CPUs                   int
	CPU                    string // host, max, or a baseline model
	Accel                  string // auto, kvm, carrier or qtest
	Name, PIDFile          string
	Serial                 []string // one per port: stdio, null, none, file:PATH, chardev:ID
	NoGraphic, NoReboot    bool
	NoDefaults             bool
	NoNIC                  bool          // -nic none: no default one
	Paused                 bool          // -S: not before QMP's cont
	Timeout                time.Duration // 0: none
	Stats                  string        // file that gets the devices' counters at the end, as JSON; "" for none
	LogLevel               string

	asked *Help // by an option that is decoded before Check

	QTest, QTestLog string // as written: unix:PATH or stdio, and a file; "" for none
	QMP             []QMPSocket

	// Lists has what was written of each group of options, by the option's name without its dash. Check decodes them into what
	// follows.
	Lists   map[string][]option.List
	Globals []Global

	Netdevs []Netdev
	Devices []Device // all of them, in the order of the command line
	NICs    []*NIC   // those of Devices that are
	unnamed int      // devices without an ID that were added, whether or not they are still there
	Dumps   []Dump

	Chardevs      []*Chardev // those that no monitor is on
	RandomSources []*RandomSource
	IOThreads     []string // ids
	Disks         []*Disk
}

// New returns a machine with the defaults.
func New() *Machine {
	return &Machine{Kind: "pc", CPUs: 1, CPU: "host", Accel: "auto", LogLevel: "warn", Lists: map[string][]option.List{}}
}

// stages decode the groups, in this order: what is named comes before what names it.
var stages = []func(m *Machine) error{
	(*Machine).decodeMonitors,
	(*Machine).decodeChardevs,
	(*Machine).decodeNetdevs,
	(*Machine).decodeObjects,
	(*Machine).decodeDrives,
	(*Machine).decodeBlockdevs,
	(*Machine).decodeDevices,
	(*Machine).addDriveDevices,
}

// Check makes sense of the whole command line, when all options have been read: it fills in what depends on others, and decodes
// Lists. It is called once.
func (m *Machine) Check() error {
	if m.asked != nil {
		return m.asked
	}
	if err := m.settle(); err != nil {
		return err
	}
	m.addDefaultNIC()
	for _, decode := range stages {
		if err := decode(m); err != nil {
			return err
		}
	}
	return nil
}

// settle decides what was left open.
func (m *Machine) settle() error {
	if m.Accel == "auto" && m.QTest != "" {
		m.Accel = "qtest"
	}
	if m.Accel == "qtest" && m.QTest == "" {
		return errors.New("-accel qtest: nobody drives the machine; add -qtest unix:PATH or -qtest stdio")
	}
	if m.RAM == 0 {
		m.RAM = defaultRAM
		if m.Accel == "qtest" {
			m.RAM = defaultQTestRAM
		}
	}
	return nil
}

func (m *Machine) setMachine(s string) error {
	l, err := option.Parse(s, "type")
	if err != nil {
		return err
	}
	return l.Decode("-machine", option.Props{
		"type":  m.setKind,
		"accel": m.setAccelName,
		"usb":   option.Ignored, "vmport": option.Ignored, "graphics": option.Ignored, "dump-guest-core": option.Ignored,
		"hpet": option.Ignored, "smbus": option.Ignored, "sata": option.Ignored, "mem-merge": option.Ignored, "acpi": mustBeFor(true, "this machine always has ACPI"),
	})
}

// kinds are what -machine can be; the first three are the same.
var kinds = []string{"pc", "pc-i440fx-7.2", "i440fx", "none"}

func (m *Machine) setKind(s string) error {
	if asksHelp(s) {
		return m.ask("machine", kinds)
	}
	if err := option.OneOf(&m.Kind, kinds...)(s); err != nil || s == "none" {
		return err
	}
	m.Kind = "pc"
	return nil
}

// accels are auto (the default), and what may be asked for.
var accels = []string{"auto", "kvm", "carrier", "qtest"}

func (m *Machine) setAccel(s string) error {
	l, err := option.Parse(s, "accel")
	if err != nil {
		return err
	}
	return l.Decode("-accel", option.Props{"accel": m.setAccelName})
}

func (m *Machine) setAccelName(s string) error {
	switch {
	case asksHelp(s):
		return m.ask("accel", accels)
	case s == "tcg":
		return errors.New("no CPU is emulated here; write kvm, carrier (KVM of an emulated host) or qtest (no CPU at all)")
	}
	return option.OneOf(&m.Accel, accels...)(s)
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
	return l.Decode("-cpu", option.Props{"model": m.setCPUModel, "migratable": option.Ignored})
}

func (m *Machine) setCPUModel(s string) error {
	if asksHelp(s) {
		return m.ask("cpu", cpuModels)
	}
	return option.OneOf(&m.CPU, cpuModels...)(s)
}

func (m *Machine) setName(s string) error {
	l, err := option.Parse(s, "guest")
	if err != nil {
		return err
	}
	return l.Decode("-name", option.Props{"guest": option.ToString(&m.Name), "process": option.Ignored, "debug-threads": option.Ignored})
}
