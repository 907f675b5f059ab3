package args

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// A group is an option that can be given again and again, each time with a list of key=value, often with an id (QEMU's QemuOptsList).
type group struct {
	name    string
	implied string // the key of a first word without one
	usage   string
}

var groups = []group{
	{"object", "qom-type", "a `type,id=...` that devices use; filter-dump,id=...,netdev=...,file=x.pcapng captures a NIC's frames"},
	{"chardev", "backend", "host side of a serial port: `socket|file|pipe|stdio|pty|ringbuf|null,id=...` and its properties"},
	{"netdev", "type", "host side of a NIC: `user|tap|socket|hubport,id=...` and its properties"},
	{"blockdev", "driver", "host side of a disk: `driver,node-name=...` and its properties"},
	{"drive", "", "host side of a disk: `file=...,if=none,id=...,format=raw`"},
	{"device", "driver", "a `device,prop=value,...`; help lists them"},
	{"mon", "chardev", "QMP on a `chardev,mode=control`"},
}

func (m *Machine) listFlags(fs *flag.FlagSet) {
	for _, g := range groups {
		m.value(fs, g.name, g.usage, func(s string) error { return m.collect(g, s) })
	}
}

func (m *Machine) collect(g group, s string) error {
	l, err := option.Parse(s, g.implied)
	if err != nil {
		return fmt.Errorf("-%s: %w", g.name, err)
	}
	if id, given := l.Get("id"); given {
		if err := option.ID(id); err != nil {
			return fmt.Errorf("-%s %s: %w", g.name, s, err)
		}
	}
	if g.name == "device" {
		l = unaliased(l)
	}
	m.Lists[g.name] = append(m.Lists[g.name], l)
	return nil
}

// set is QEMU's -set group.id.arg=value: it changes what was written before it.
func (m *Machine) set(s string) error {
	path, value, given := strings.Cut(s, "=")
	parts := strings.SplitN(path, ".", 3)
	if !given || len(parts) < 3 {
		return fmt.Errorf("-set %s: write group.id.property=value, such as device.nic0.mq=on", s)
	}
	name, id, key := parts[0], parts[1], parts[2]
	if !slices.ContainsFunc(groups, func(g group) bool { return g.name == name && name != "object" }) {
		return fmt.Errorf("-set %s: -set is not supported with %q", s, name)
	}
	for i, l := range m.Lists[name] {
		if had, _ := l.Get("id"); had == id {
			m.Lists[name][i] = append(slices.Clip(l), option.Pair{Key: key, Value: value})
			return nil
		}
	}
	return fmt.Errorf("-set %s: there is no %s %q defined before it", s, name, id)
}

// Clone returns a machine that can be changed without m.
func (m *Machine) Clone() *Machine {
	c := *m
	c.Lists = maps.Clone(m.Lists)
	for name, lists := range c.Lists {
		c.Lists[name] = slices.Clone(lists)
	}
	c.Serial, c.Globals, c.QMP = slices.Clone(m.Serial), slices.Clone(m.Globals), slices.Clone(m.QMP)
	c.Netdevs, c.NICs = slices.Clone(m.Netdevs), slices.Clone(m.NICs)
	c.Devices, c.Dumps = slices.Clone(m.Devices), slices.Clone(m.Dumps)
	c.Chardevs = slices.Clone(m.Chardevs)
	c.RandomSources, c.IOThreads = slices.Clone(m.RandomSources), slices.Clone(m.IOThreads)
	c.Disks = slices.Clone(m.Disks)
	return &c
}
