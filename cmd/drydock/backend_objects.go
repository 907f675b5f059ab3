package main

import (
	"path"
	"strings"

	"github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// An object is one of QEMU's object tree that there is here, too: a device, the virtio device in it, or what leads there.
type object struct {
	path, kind string
	device     virtio.Device // nil: none
}

// typeProperty is the one that each object has.
const typeProperty = "type"

// containers lead to the devices.
var containers = []object{
	{path: "/", kind: "container"},
	{path: "/machine", kind: "pc-i440fx-7.2-machine"},
	{path: "/machine/peripheral", kind: "container"},
	{path: "/machine/peripheral-anon", kind: "container"},
}

// objects are all that there are. The caller holds mu.
func (b *backend) objects() []object {
	all := append([]object{}, containers...)
	for _, d := range b.described.Devices {
		at := d.Identity()
		dev := b.assembly.Virtio(d)
		all = append(all, object{at.Path(), at.Kind, dev})
		if dev != nil {
			all = append(all, object{at.Path() + backendSuffix, typeNames[dev.Info().ID] + "-device", dev})
		}
	}
	return all
}

// object is the one at a path. The end of a path will do, if it is the end of no other.
func (b *backend) object(name string) (found object, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, o := range b.objects() {
		if o.path == name {
			return o, nil
		}
		if name == "" || strings.HasSuffix(o.path, "/"+name) {
			found, n = o, n+1
		}
	}
	switch {
	case n == 0:
		return found, qmp.NotFound(name)
	case n > 1:
		return found, qmp.Errorf("Path '%s' is ambiguous", name)
	}
	return found, nil
}

// Properties is qom-list.
func (b *backend) Properties(name string) ([]qmp.ObjectProperty, error) {
	o, err := b.object(name)
	if err != nil {
		return nil, err
	}
	list := []qmp.ObjectProperty{{Name: typeProperty, Type: "string"}}
	if _, ok := o.device.(*virtioballoon.Device); ok {
		list = append(list, qmp.ObjectProperty{Name: guestStats, Type: "guest statistics"}, qmp.ObjectProperty{Name: pollInterval, Type: "int"})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, child := range b.objects() {
		if child.path != o.path && path.Dir(child.path) == o.path {
			list = append(list, qmp.ObjectProperty{Name: path.Base(child.path), Type: "child<" + child.kind + ">"})
		}
	}
	return list, nil
}
