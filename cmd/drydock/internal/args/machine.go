package args

import (
	"errors"
	"fmt"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Defaults where the command line says nothing. QEMU's RAM default is too small for a stock kernel that unpacks an initramfs; a
// qtest, which boots nothing, has it.
const (
	defaultRAM      = 512 << 20
	defaultQTestRAM = 128 << 20
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
	QMP             []Endpoint
	mons            int // of QMP, the last ones: those of -mon

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
	each("mon", (*Machine).addMonitor),
	each("chardev", (*Machine).addChardev),
	(*Machine).checkSerial,
	each("netdev", (*Machine).AddNetdev),
	(*Machine).decodeObjects,
	each("drive", (*Machine).addDrive),
	each("blockdev", (*Machine).addBlockdev),
	each("device", func(m *Machine, l option.List) error { _, err := m.AddDevice(l); return err }),
	(*Machine).addDriveDevices,
}

// each gives add all that was written of a group.
func each(group string, add func(m *Machine, l option.List) error) func(m *Machine) error {
	return func(m *Machine) error {
		for _, l := range m.Lists[group] {
			if err := add(m, l); err != nil {
				return err
			}
		}
		return nil
	}
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

func (m *Machine) setRAM(s string) error {
	return option.Read("-m", s, "size", option.Props{"size": option.To(&m.RAM, ramSize)})
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

func (m *Machine) setName(s string) error {
	return option.Read("-name", s, "guest", option.Props{"guest": option.ToString(&m.Name), "process": option.Ignored, "debug-threads": option.Ignored})
}
