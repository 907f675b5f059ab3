package args

import (
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
)

// VirtioSerial is one -device virtio-serial-pci with QEMU's properties and defaults: what ports are on.
type VirtioSerial struct {
	Function
	MaxPorts uint32
}

func newVirtioSerial(kind string) Device {
	s := &VirtioSerial{Function: newFunction(kind), MaxPorts: 31}
	s.Vectors = 2
	return s
}

func (s *VirtioSerial) props() option.Props {
	p := s.Function.props()
	p["max_ports"], p["emergency-write"] = option.ToUint(&s.MaxPorts, 32), s.setSwitch(virtioconsole.EmergWrite)
	p["class"], p["failover_pair_id"] = setClass, onlyEmpty
	return p
}

// setClass takes what makes QEMU's a communication device, which is all but two.
func setClass(s string) error {
	const displayOther, others = 0x0380, 0x00ff
	v, err := option.Uint(s, 32)
	if err == nil && (v == displayOther || v == others) {
		err = fmt.Errorf("only 0x0780, a communication device, is possible here; leave it out")
	}
	return err
}

func (s *VirtioSerial) check(*Machine) error {
	const most = 511 // VIRTIO_QUEUE_MAX / 2 - 1
	switch {
	case s.MaxPorts == 0:
		return fmt.Errorf("-device %s: max_ports=0: maximum number of serial ports not specified; give 1 to %d", s.Kind, most)
	case s.MaxPorts > most:
		return fmt.Errorf("-device %s: max_ports=%d: maximum ports supported: %d", s.Kind, s.MaxPorts, most)
	}
	s.Vectors = s.VectorsOr(int(s.MaxPorts) + 1) // QEMU: virtio_serial_pci_realize
	return s.Function.check()
}

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
