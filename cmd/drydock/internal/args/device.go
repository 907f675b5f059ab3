package args

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// devices are the types that -device knows.
var devices = map[string]func(m *Machine, kind string, l option.List) error{
	"virtio-net-pci":                  (*Machine).addNIC,
	"virtio-net-pci-transitional":     (*Machine).addNIC,
	"virtio-net-pci-non-transitional": (*Machine).addNIC,
	"isa-debug-exit":                  (*Machine).addDebugExit,
}

func deviceTypes() []string { return slices.Sorted(maps.Keys(devices)) }

func (m *Machine) addDevice(s string) error {
	l, err := option.Parse(s, "driver")
	if err != nil {
		return err
	}
	kind, _ := l.Get("driver")
	add, ok := devices[kind]
	if !ok {
		return option.Unknown("device", kind, deviceTypes(), "-device")
	}
	m.Devices = append(m.Devices, s)
	return add(m, kind, l.Without("driver"))
}

func (m *Machine) addDebugExit(_ string, l option.List) error {
	port, size := uint16(0x501), uint16(2)
	err := l.Decode("-device isa-debug-exit", option.Props{"iobase": option.ToUint(&port, 16), "iosize": option.ToUint(&size, 16)})
	m.DebugExit = &port
	return err
}

// Dump is one -object filter-dump.
type Dump struct {
	ID, Netdev, File string
	MaxLen           uint32
}

func (m *Machine) addObject(s string) error {
	l, err := option.Parse(s, "qom-type")
	if err != nil {
		return err
	}
	if kind, _ := l.Get("qom-type"); kind != "filter-dump" {
		return option.Unknown("object", kind, []string{"filter-dump"}, "-object")
	}
	d := Dump{MaxLen: 65536}
	var on string
	err = l.Without("qom-type").Decode("-object filter-dump", option.Props{
		"id": option.ToString(&d.ID), "netdev": option.ToString(&d.Netdev), "file": option.ToString(&d.File),
		"maxlen": option.ToUint(&d.MaxLen, 32), "status": option.OneOf(&on, "on"), "queue": option.OneOf(&on, "all"),
	})
	if err == nil && (d.Netdev == "" || d.File == "") {
		err = errors.New("-object filter-dump: it needs netdev= and file=")
	}
	m.Dumps = append(m.Dumps, d)
	return err
}

// Check looks at what only the whole command line can tell: that names match.
func (m *Machine) Check() error {
	for i, n := range m.NICs {
		if n.Netdev != "" && m.netdev(n.Netdev) == nil {
			return fmt.Errorf("-device %s: netdev=%s: there is no -netdev with that id", n.Kind, n.Netdev)
		}
		if n.Netdev != "" && slices.ContainsFunc(m.NICs[:i], func(o NIC) bool { return o.Netdev == n.Netdev }) {
			return fmt.Errorf("-device %s: netdev=%s: it is in use by another -device; each needs a -netdev of its own", n.Kind, n.Netdev)
		}
	}
	for _, d := range m.Dumps {
		if m.netdev(d.Netdev) == nil {
			return fmt.Errorf("-object filter-dump: netdev=%s: there is no -netdev with that id", d.Netdev)
		}
	}
	return nil
}

func (m *Machine) netdev(id string) *Netdev {
	i := slices.IndexFunc(m.Netdevs, func(n Netdev) bool { return n.ID == id })
	if i < 0 {
		return nil
	}
	return &m.Netdevs[i]
}
