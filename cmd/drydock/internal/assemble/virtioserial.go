package assemble

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
)

// virtioSerial makes a device without ports: each is a -device of its own.
func (a *Assembly) virtioSerial(c *args.VirtioSerial) (p part, err error) {
	dev, err := virtioconsole.New(virtioconsole.Config{Features: c.Offer(virtioconsole.DefaultFeatures), MaxPorts: c.MaxPorts})
	if err != nil {
		return p, fmt.Errorf("-device %s: %w", c.Kind, err)
	}
	p.at, p.dev = c.Function, dev
	return p, nil
}

// serialPort adds a port to its device, for as long as the port is there.
func (a *Assembly) serialPort(c *args.SerialPort) (p part, err error) {
	dev := a.parts[c.On].dev.(*virtioconsole.Device)
	port := newPort(c)
	port.Watch(func(open bool) { a.opened(c.ID, open) })
	p.port = port
	var detach func() error
	if err = dev.Fits(port); err == nil { // first: the backend of a port that does not fit is none of its business
		detach, err = a.attach(port, c)
	}
	if err == nil {
		if err = dev.Add(port); err == nil {
			p.close = func() error { dev.Remove(port); return detach() }
			return p, nil
		}
		err = errors.Join(err, detach())
	}
	return part{}, fmt.Errorf("-device %s: %w", c.Kind, err)
}

// opened passes on what the guest does with a port that has a name to call it by.
func (a *Assembly) opened(id string, open bool) {
	if id != "" && a.OnPort != nil {
		a.OnPort(id, open)
	}
}

// attach gives a port its backend. That is closed with the port; for another port it is opened again.
func (a *Assembly) attach(port *virtioconsole.Port, c *args.SerialPort) (detach func() error, err error) {
	if c.Chardev == "" {
		port.SetConnected(false)
		return port.Close, nil
	}
	if a.chars[c.Chardev] == nil {
		if err := a.openChardev(a.machine.Chardev(c.Chardev)); err != nil {
			return nil, err
		}
	}
	end := port.Attach(a.chars[c.Chardev])
	return func() error { delete(a.chars, c.Chardev); return end() }, nil
}

func newPort(c *args.SerialPort) *virtioconsole.Port {
	if c.Console() {
		return virtioconsole.NewConsole(c.Name, c.Number)
	}
	return virtioconsole.NewPort(c.Name, c.Number)
}

// removePorts removes the ports that are on d.
func (a *Assembly) removePorts(d args.Device) (err error) {
	for _, port := range a.ports(d) {
		err = errors.Join(err, a.remove(port))
	}
	return err
}

// ports are those that are on d, the last first.
func (a *Assembly) ports(d args.Device) (ports []*args.SerialPort) {
	for _, o := range slices.Backward(a.machine.Devices) {
		if port, ok := o.(*args.SerialPort); ok && args.Device(port.On) == d {
			ports = append(ports, port)
		}
	}
	return ports
}
