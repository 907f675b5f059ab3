package args

import (
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
)

// SerialPort is one -device virtserialport or virtconsole.
type SerialPort struct {
	Ident
	On      *VirtioSerial
	Name    string
	Chardev string // "" is nobody
	Number  uint32 // or virtioconsole.AnyNumber

	bus string // as written
}

// Console reports whether the guest takes the port for a terminal.
func (p *SerialPort) Console() bool { return p.Kind == "virtconsole" }

func newSerialPort(kind string) Device {
	return &SerialPort{Ident: Ident{Kind: kind}, Number: virtioconsole.AnyNumber}
}

// serialPorts are the types that have their place on a virtio-serial-bus.
func serialPorts() map[string]deviceType {
	ancestors := []string{"virtserialport", "virtio-serial-port", "device"}
	return map[string]deviceType{
		"virtserialport": {make: newSerialPort, parents: ancestors},
		"virtconsole":    {make: newSerialPort, parents: append([]string{"virtconsole"}, ancestors...)},
	}
}

func (p *SerialPort) props() option.Props {
	return option.Props{
		"bus": option.ToString(&p.bus), "chardev": option.ToString(&p.Chardev), "name": option.ToString(&p.Name),
		"nr": option.ToUint(&p.Number, 32),
	}
}

func (p *SerialPort) check(m *Machine) error {
	what := "-device " + p.Kind
	if p.Number == 0 && !p.Console() {
		return fmt.Errorf("%s: nr=0: port number 0 on virtio-serial devices is reserved for virtconsole devices; give another, or leave it out", what)
	}
	if p.On = m.serialBus(p.bus); p.On == nil {
		if p.bus == "" {
			return fmt.Errorf("%s: there is no virtio-serial-pci before it for it to be on", what)
		}
		return fmt.Errorf("%s: bus=%s: there is no such bus; -device virtio-serial-pci,id=X before it makes X.0", what, p.bus)
	}
	sameName := func(d Device) bool { o, ok := d.(*SerialPort); return ok && o.Name == p.Name }
	if p.Name != "" && slices.ContainsFunc(m.Devices, sameName) {
		return fmt.Errorf("%s: name=%s: a port already exists by that name", what, p.Name)
	}
	if p.Chardev == "" {
		return nil
	}
	return m.takeChardev(p.Chardev, what)
}

// serialBus returns the device whose bus has that name, or the first for none. The bus of a device without an id has a number.
func (m *Machine) serialBus(name string) *VirtioSerial {
	unnamed := 0
	for _, d := range m.Devices {
		s, ok := d.(*VirtioSerial)
		if !ok {
			continue
		}
		bus := s.ID + ".0"
		if s.ID == "" {
			bus = fmt.Sprintf("virtio-serial-bus.%d", unnamed)
			unnamed++
		}
		if name == "" || name == bus {
			return s
		}
	}
	return nil
}
