package main

import (
	"errors"
	"path"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// AddDevice is device_add.
func (b *backend) AddDevice(p qmp.Properties) error {
	d, err := b.assemble(p)
	if err != nil || d.Device == nil { // what is no function on PCI is where it belongs already
		return err
	}
	if err := b.Plug(d); err != nil {
		_, _, removing := b.takeBack(d)
		return errors.Join(err, removing)
	}
	return nil
}

func (b *backend) assemble(p qmp.Properties) (vmm.Device, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.watchFilters()
	return b.assembly.AddDevice(list(p))
}

// RemoveDevice is device_del of an id or a path. What is no function on PCI is gone at once.
func (b *backend) RemoveDevice(name string) error {
	id, err := b.identify(name)
	if err == nil {
		err = b.Unplug(id)
	}
	switch {
	case errors.Is(err, vmm.ErrAsked):
		return qmp.Errorf("Device %s is already in the process of unplug", id)
	case !errors.Is(err, vmm.ErrNoDevice):
		return err
	case b.forget(id) != nil:
		return qmp.NotFound(name)
	}
	gone := args.Ident{ID: id}
	b.server.EmitAfter(deleted(id, gone.Path()))
	return nil
}

// identify returns the id of the device that device_del names (QEMU: find_device_state).
func (b *backend) identify(name string) (id string, err error) {
	if name != "" && !strings.Contains(name, "/") {
		return name, nil
	}
	o, err := b.object(name)
	switch {
	case name != "" && errors.Is(err, qmp.ErrNotFound):
		return "", err
	case err == nil && path.Dir(o.path) == "/machine/peripheral":
		return path.Base(o.path), nil
	}
	return "", qmp.Errorf("%s is not a hotpluggable device", name)
}

// deviceDeleted is told when the guest has given a device back: its name is free before a client hears of it.
func (b *backend) deviceDeleted(d vmm.Device) {
	path, ports, _ := b.takeBack(d) // an error is of a file that nobody uses any more
	for _, port := range ports {
		b.emit(deleted(port.ID, port.Path()))
	}
	b.emit(deleted("", path+backendSuffix))
	b.emit(deleted(d.ID, path))
}

// takeBack returns where the device was, and what was on it.
func (b *backend) takeBack(d vmm.Device) (path string, ports []args.Ident, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	path = b.assembly.Path(d.Device)
	ports, err = b.assembly.TakeBack(d)
	return path, ports, err
}

func (b *backend) forget(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.assembly.RemoveDevice(id)
}

// backendSuffix leads from a function on PCI to the virtio device in it.
const backendSuffix = "/virtio-backend"

// deleted is DEVICE_DELETED of the object at a path; id may be empty.
func deleted(id, path string) qmp.Event {
	return qmp.Event{Name: "DEVICE_DELETED", Data: struct {
		Device string `json:"device,omitempty"`
		Path   string `json:"path"`
	}{id, path}}
}

// list is what the command line would say.
func list(p qmp.Properties) option.List {
	l := make(option.List, len(p))
	for i, e := range p {
		l[i] = option.Pair{Key: e.Key, Value: e.Value}
	}
	return l
}
