package main

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// chardevs is query-chardev.
func (b *backend) chardevs() []qmp.Chardev {
	b.mu.Lock()
	defer b.mu.Unlock()
	return chardevs(b.described, b.assembly.Chardevs())
}

// chardevs are those of the command line, in its order; open are those that are no monitor's.
func chardevs(m *args.Machine, open []assemble.Chardev) (all []qmp.Chardev) {
	for i, s := range m.Monitors() {
		all = append(all, qmp.Chardev{Label: fmt.Sprintf("compat_monitor%d", i), Filename: filename(s), FrontendOpen: true})
	}
	for _, l := range m.Lists["chardev"] {
		all = append(all, described(l, m))
	}
	for _, c := range open {
		for i := range all {
			if all[i].Label == c.ID {
				all[i].Filename, all[i].FrontendOpen = backendName(c.Backend), c.Open
			}
		}
	}
	return all
}

// backendName says of a socket, as QEMU does, that nobody is there.
func backendName(b char.Backend) string {
	if here, _ := b.Connected(); !here {
		if s, ok := b.(*char.Socket); ok {
			return "disconnected:" + s.String()
		}
	}
	return b.String()
}

// filename is what query-chardev says of where a monitor is.
func filename(s args.Endpoint) string {
	switch {
	case s.Stdio:
		return "stdio"
	case s.FD >= 0:
		return fmt.Sprintf("fd:%d", s.FD)
	case s.Path != "":
		return "unix:" + s.Path
	}
	return "tcp:" + s.Address
}

// described is a -chardev as it was written: a monitor's, or one whose port was unplugged.
func described(l option.List, m *args.Machine) qmp.Chardev {
	id, _ := l.Get("id")
	kind, _ := l.Get("backend")
	path, _ := l.Get("path")
	switch {
	case kind == "socket" && path != "":
		kind = "unix:" + path
	case path != "":
		kind += ":" + path
	}
	return qmp.Chardev{Label: id, Filename: kind, FrontendOpen: m.Chardev(id) == nil}
}

// portOpened is told by a port of a virtio-serial device.
func (b *backend) portOpened(id string, open bool) {
	b.emit(qmp.Event{Name: "VSERPORT_CHANGE", Limit: "VSERPORT_CHANGE " + id, Data: struct {
		Open bool   `json:"open"`
		ID   string `json:"id"`
	}{open, id}})
}
