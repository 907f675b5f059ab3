package args

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// A Device is what one -device says: a *NIC, a *DebugExit, and so on for each type.
type Device interface {
	// Identity is the type's name, as it was written, and the id, which may be empty.
	Identity() *Ident

	// props gives each property its setter. It is called once, on a value that has the defaults.
	props() option.Props
	// check is called when all properties have been set: those of one device, and what they name in m.
	check(m *Machine) error
}

// Ident is what every device has.
type Ident struct {
	Kind, ID string

	unnamed int // of those without an ID, from 0
}

// Identity returns i.
func (i *Ident) Identity() *Ident { return i }

// Path is where QEMU has the device in its object tree: by its ID, or by how many without one were made before it (qdev_set_id).
func (i *Ident) Path() string {
	if i.ID == "" {
		return fmt.Sprintf("/machine/peripheral-anon/device[%d]", i.unnamed)
	}
	return "/machine/peripheral/" + i.ID
}

// A deviceType makes descriptions with the type's defaults.
type deviceType struct {
	make     func(kind string) Device
	parents  []string // QOM types that it is, from itself up: a -global of any applies
	children []string // QOM types that it holds, whose properties are its own too
}

// deviceTypes are the types that -device knows.
var deviceTypes = merge(
	virtioPCI("virtio-net", newNIC),
	virtioPCI("virtio-blk", newBlk),
	virtioPCI("virtio-rng", newRNG),
	virtioPCI("virtio-balloon", newBalloon),
	virtioPCI("virtio-serial", newVirtioSerial),
	serialPorts(),
	isa("isa-debug-exit", newDebugExit),
)

// virtioPCI is a virtio device in its three types: as its properties say, transitional, and modern only.
func virtioPCI(name string, make func(kind string) Device) map[string]deviceType {
	types := map[string]deviceType{}
	for _, suffix := range []string{"-pci", "-pci-transitional", "-pci-non-transitional"} {
		types[name+suffix] = deviceType{
			make:     make,
			parents:  []string{name + suffix, name + "-pci-base", "virtio-pci", "pci-device", "device"},
			children: []string{name + "-device", "virtio-device", "device"},
		}
	}
	return types
}

func isa(name string, make func(kind string) Device) map[string]deviceType {
	return map[string]deviceType{name: {make: make, parents: []string{name, "isa-device", "device"}}}
}

func merge(all ...map[string]deviceType) map[string]deviceType {
	merged := map[string]deviceType{}
	for _, types := range all {
		maps.Copy(merged, types)
	}
	return merged
}

// DeviceTypes are the types that -device knows, sorted.
func DeviceTypes() []string { return slices.Sorted(maps.Keys(deviceTypes)) }

// AddDevice decodes one -device and adds it to m: while Check decodes a command line, and for QMP's device_add after it.
func (m *Machine) AddDevice(l option.List) (Device, error) {
	l = unaliased(l)
	kind, _ := l.Get("driver")
	t, ok := deviceTypes[kind]
	switch {
	case asksHelp(kind):
		return nil, helpOn("device", DeviceTypes())
	case !ok:
		return nil, option.Unknown("device", kind, DeviceTypes(), "-device")
	}
	d := t.make(kind)
	id := d.Identity()
	props := d.props()
	props["id"] = option.ToID(&id.ID)
	err := propertyHelp(kind, l, props)
	if err == nil {
		err = m.applyGlobals(t, props)
	}
	if err == nil { // a profile is what the other properties change, wherever it stands
		err = l.Without("driver").First("profile").Decode("-device "+kind, props)
	}
	if err == nil && id.ID != "" && m.Device(id.ID) != nil {
		err = fmt.Errorf("-device %s: duplicate device id %q", kind, id.ID)
	}
	if err == nil {
		err = d.check(m)
	}
	if err != nil {
		return nil, err
	}
	m.add(d)
	return d, nil
}

func (m *Machine) add(d Device) {
	m.Devices = append(m.Devices, d)
	if id := d.Identity(); id.ID == "" {
		id.unnamed = m.unnamed
		m.unnamed++
	}
	if nic, ok := d.(*NIC); ok {
		m.NICs = append(m.NICs, nic)
	}
}

// Device returns the device of that id, nil if there is none.
func (m *Machine) Device(id string) Device {
	for _, d := range m.Devices {
		if d.Identity().ID == id {
			return d
		}
	}
	return nil
}

// RemoveDevice takes a device out of m, so that its id and what it used can be given to another.
func (m *Machine) RemoveDevice(d Device) {
	m.Devices = slices.DeleteFunc(m.Devices, func(o Device) bool { return o == d })
	m.NICs = slices.DeleteFunc(m.NICs, func(o *NIC) bool { return Device(o) == d })
}
