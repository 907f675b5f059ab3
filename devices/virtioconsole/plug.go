package virtioconsole

import (
	"fmt"
	"slices"
)

// AnyNumber lets the device choose a port's number.
const AnyNumber = 1<<32 - 1

// maxName bounds a port's name so that PORT_NAME fits into the one page that Linux posts for a control message.
const maxName = 1024

// Add gives the device a port, which gets its number (QEMU: virtser_port_device_realize): the one that it asked for or, if that
// was none, the first that is free from 1, or 0 for the first console. Number 0 is for consoles: it is all that a driver without
// Multiport sees. A driver that runs hears of the port.
func (d *Device) Add(p *Port) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	number, err := d.number(p)
	if err != nil {
		return err
	}
	p.number = number
	d.ports = append(d.ports, p)
	if d.life != nil {
		d.life.plug(p)
	}
	return nil
}

// Fits is the error that Add would return now.
func (d *Device) Fits(p *Port) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.number(p)
	return err
}

// Remove takes the port away again, and tells a driver that runs. What the guest has sent and nobody has read is lost; the port's
// calls go on waiting until Close.
func (d *Device) Remove(p *Port) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.Index(d.ports, p)
	if i < 0 {
		return
	}
	d.ports = slices.Delete(d.ports, i, i+1)
	if d.life != nil {
		d.life.unplug(p)
	}
}

// number checks what p asks for. The caller holds mu.
func (d *Device) number(p *Port) (uint32, error) {
	number := p.number
	if number == AnyNumber {
		number = d.free(p)
	}
	if len(p.name) > maxName {
		return 0, fmt.Errorf("virtioconsole: a port's name has %d bytes, more than %d", len(p.name), maxName)
	}
	for _, other := range d.ports {
		switch {
		case other.number == number:
			return 0, fmt.Errorf("virtioconsole: number %d is taken by %s; give another, or none", number, other.called())
		case p.name != "" && other.name == p.name:
			return 0, fmt.Errorf("virtioconsole: there is a port with the name %q already", p.name)
		}
	}
	switch {
	case number >= d.maxPorts:
		return 0, fmt.Errorf("virtioconsole: %s would have number %d, and the highest is %d (max_ports=%d)", p.called(), number, d.maxPorts-1, d.maxPorts)
	case number == 0 && !p.console:
		return 0, fmt.Errorf("virtioconsole: %s cannot have number 0, which is for a console", p.called())
	}
	return number, nil
}

// called is how an error names the port.
func (p *Port) called() string {
	if p.name == "" {
		return "a port without a name"
	}
	return fmt.Sprintf("port %q", p.name)
}

// free is the number for a port that asks for none. The caller holds mu.
func (d *Device) free(p *Port) uint32 {
	if p.console && d.port(0) == nil {
		return 0
	}
	for number := uint32(1); ; number++ {
		if d.port(number) == nil {
			return number
		}
	}
}

// port is the one of a number, nil if there is none. The caller holds mu.
func (d *Device) port(number uint32) *Port {
	for _, p := range d.ports {
		if p.number == number {
			return p
		}
	}
	return nil
}
