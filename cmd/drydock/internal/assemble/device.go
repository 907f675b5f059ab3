package assemble

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm"
)

// A part is what became of a -device.
type part struct {
	at    args.Function
	dev   virtio.Device       // nil: it is no function on PCI
	close func() error        // of what was opened for it alone; nil for nothing
	port  *virtioconsole.Port // of a serial port
}

// device makes what one -device describes. A type is one line here and a file of its own.
func (a *Assembly) device(d args.Device) (part, error) {
	switch d := d.(type) {
	case *args.NIC:
		return a.nic(d)
	case *args.Blk:
		return a.blk(d)
	case *args.RNG:
		return a.rng(d)
	case *args.Balloon:
		return a.balloon(d)
	case *args.VirtioSerial:
		return a.virtioSerial(d)
	case *args.SerialPort:
		return a.serialPort(d)
	case *args.DebugExit:
		a.Config.DebugExit = d.Port
		return part{}, nil
	}
	return part{}, fmt.Errorf("-device %s: nothing makes it", d.Identity().Kind)
}

// exact is an error if host_features asks for what this device, as it is connected, does not offer.
func (p part) exact() error {
	if p.dev == nil || !p.at.Exact {
		return nil
	}
	info := p.dev.Info()
	if lost := p.at.Offer(virtio.Features{}).Minus(info.Features).Minus(info.Legacy); lost != (virtio.Features{}) {
		return fmt.Errorf("-device %s: host_features: it cannot offer %v as it is connected; leave them out (offloads need a tap with vnet_hdr)", p.at.Kind, lost)
	}
	return nil
}

// place says where on PCI a device is, and as what it shows itself.
func place(f args.Function, d virtio.Device) vmm.Device {
	return vmm.Device{
		Device: d, ID: f.ID, Kind: f.Kind, Slot: f.Slot, Func: f.Func, DisableLegacy: f.DisableLegacy, DisableModern: f.DisableModern,
		ModernPIONotify: f.ModernPIO, PagePerVQ: f.PagePerVQ, Multifunction: f.Multifunction, IOEventFD: f.IOEventFD, ROM: f.ROM,
		Vectors: f.Vectors,
	}
}

// install makes a device and gives it its place in the machine.
func (a *Assembly) install(d args.Device) (part, error) {
	p, err := a.device(d)
	if err != nil {
		return p, err
	}
	a.parts[d] = p
	if err := p.exact(); err != nil {
		return p, errors.Join(err, a.remove(d))
	}
	if p.dev != nil {
		a.Config.Devices = append(slices.Clip(a.Config.Devices), place(p.at, p.dev)) // the machine may hold the old list
	}
	return p, nil
}

// AddDevice makes a device while the machine runs, as QMP's device_add wants it: l is what -device is given, its type under the
// key "driver". The caller plugs what is returned into the machine. One goroutine at a time calls this and the other methods.
func (a *Assembly) AddDevice(l option.List) (vmm.Device, error) {
	if kind, _ := l.Get("driver"); kind == "isa-debug-exit" {
		return vmm.Device{}, errors.New("-device isa-debug-exit: it is no PCI device, so it cannot be added to a machine that runs")
	}
	d, err := a.machine.AddDevice(l)
	if err != nil {
		return vmm.Device{}, err
	}
	p, err := a.install(d)
	if err != nil {
		a.machine.RemoveDevice(d)
		return vmm.Device{}, err
	}
	return place(p.at, p.dev), nil
}

// RemoveDevice forgets the device of that id, after the machine has let go of it: its id and its netdev are free for another.
func (a *Assembly) RemoveDevice(id string) error {
	d := a.machine.Device(id)
	if id == "" || d == nil {
		return fmt.Errorf("device %q: there is none with that id", id)
	}
	return a.remove(d)
}

// TakeBack is RemoveDevice for a function on PCI, which may have no id. gone are the ports that were on it, the last first: QEMU tells
// of their end before that of the device itself.
func (a *Assembly) TakeBack(dev vmm.Device) (gone []args.Ident, err error) {
	d := a.described(dev.Device)
	if d == nil {
		return nil, a.RemoveDevice(dev.ID)
	}
	for _, port := range a.ports(d) {
		gone = append(gone, port.Ident)
	}
	return gone, a.remove(d)
}

// Path is where QEMU has the function on PCI with this virtio device in its object tree.
func (a *Assembly) Path(dev virtio.Device) string {
	if d := a.described(dev); d != nil {
		return d.Identity().Path()
	}
	return "/machine/unattached/device[0]" // what no -device made: the channel of drydock run
}

// Virtio is the virtio device that a -device made, nil if it made none.
func (a *Assembly) Virtio(d args.Device) virtio.Device { return a.parts[d].dev }

// described is the -device that dev was made of, nil if none.
func (a *Assembly) described(dev virtio.Device) args.Device {
	for d, p := range a.parts {
		if dev != nil && p.dev == dev {
			return d
		}
	}
	return nil
}

func (a *Assembly) remove(d args.Device) error {
	err := a.removePorts(d)
	p := a.parts[d]
	a.machine.RemoveDevice(d)
	delete(a.parts, d)
	a.Config.Devices = slices.DeleteFunc(slices.Clone(a.Config.Devices), func(o vmm.Device) bool { return o.Device == p.dev })
	a.NICs = slices.DeleteFunc(a.NICs, func(n NIC) bool { return virtio.Device(n.Device) == p.dev })
	if p.close == nil {
		return err
	}
	return errors.Join(err, p.close())
}

// closeParts closes what was opened for single devices, the latest first.
func (a *Assembly) closeParts() (err error) {
	for _, d := range slices.Backward(a.machine.Devices) {
		if p := a.parts[d]; p.close != nil {
			err = errors.Join(err, p.close())
		}
	}
	a.parts = nil
	return err
}
