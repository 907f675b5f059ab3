package main

import (
	"context"
	"os"
	"slices"
	"sync"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// A backend is what QMP's commands are about: a machine, and what its devices were made of.
type backend struct {
	*vmm.Machine
	described *args.Machine

	mu       sync.Mutex // guards what follows and described; not held over what the machine does
	assembly *assemble.Assembly

	server *qmp.Server
	round  announcements

	quitting context.Context // done when a client wants the end
	quit     context.CancelFunc
}

// newBackend builds the machine, and a server of commands about it.
func newBackend(m *args.Machine, a *assemble.Assembly) (b *backend, err error) {
	b = &backend{described: m, assembly: a}
	b.quitting, b.quit = context.WithCancel(context.Background())
	a.Config.OnEvent, a.OnBalloon, a.OnPort = b.happened, b.ballooned, b.portOpened
	if b.Machine, err = vmm.New(a.Config); err != nil {
		return nil, err
	}
	c := qmpConfig(m)
	c.Machine, c.Devices, c.Nets, c.Blocks, c.Virtio, c.Balloon, c.Objects = b, b, b, b, b, b, b
	c.Chardevs, c.PCI = b.chardevs, b.PCI
	b.server = qmp.New(c)
	b.watchFilters()
	return b, nil
}

// Quit ends the machine, or the wait for those without whom it does not start.
func (b *backend) Quit() error {
	b.quit()
	return b.Machine.Quit()
}

// waitForClients is over early where a client of another kind quits; the machine then ends as soon as it is run.
func (b *backend) waitForClients(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(b.quitting, func() { cancel(nil) })()
	err := b.assembly.WaitForClients(ctx)
	if b.quitting.Err() != nil {
		return nil
	}
	return err
}

// stats are the counters of the devices that are plugged in now.
func (b *backend) stats() assemble.Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.assembly.Stats()
}

// Close ends the machine, after what still goes on for a client.
func (b *backend) Close() error {
	b.round.stop()
	b.quit()
	return b.Machine.Close()
}

// version is that of the QEMU whose commands and devices these are.
var version = qmp.Version{QEMU: qmp.Triple{Major: 7, Minor: 2, Micro: 22}, Package: "drydock"}

// qmpConfig is what QMP has of any machine.
func qmpConfig(m *args.Machine) qmp.Config {
	return qmp.Config{
		Version: version, Types: types(), ACPIKey: speaksQEMU8(os.Args),
		Chardevs: func() []qmp.Chardev { return chardevs(m, nil) },
	}
}

// speaksQEMU8 says whether a command line is that of a test program of QEMU 8.2 or later, which switches sound off. Programs of 8.0
// and 8.1 can say so in the environment.
func speaksQEMU8(words []string) bool {
	return slices.Contains(words, "-audio") || os.Getenv("DRYDOCK_QMP_VERSION") == "8"
}

// types are what -device can make, and what that descends from.
func types() (all qmp.Types) {
	known := map[string]bool{}
	for _, name := range args.DeviceTypes() {
		parents := args.Ancestors(name)
		all = append(all, qmp.Type{Name: name, Parents: parents})
		for i, parent := range parents {
			if !known[parent] {
				known[parent] = true
				all = append(all, qmp.Type{Name: parent, Parents: parents[i+1:], Abstract: true})
			}
		}
	}
	return all
}

// happened is told by the machine, from any goroutine.
func (b *backend) happened(e vmm.Event) {
	if e.Kind == vmm.EventDeviceDeleted {
		b.deviceDeleted(e.Device)
		return
	}
	b.emit(qmp.Event{Name: eventNames[e.Kind], Data: eventData(e)})
}

// emit drops what happens before there can be a client.
func (b *backend) emit(e qmp.Event) {
	if b.server != nil {
		b.server.Emit(e)
	}
}

var eventNames = map[vmm.EventKind]string{
	vmm.EventStop: "STOP", vmm.EventResume: "RESUME", vmm.EventReset: "RESET", vmm.EventPowerdown: "POWERDOWN", vmm.EventShutdown: "SHUTDOWN",
}

func eventData(e vmm.Event) any {
	if e.Reason == "" {
		return nil
	}
	return struct {
		Guest  bool   `json:"guest"`
		Reason string `json:"reason"`
	}{e.Guest, e.Reason}
}
