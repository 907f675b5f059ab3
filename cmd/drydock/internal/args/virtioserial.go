package args

import (
	"fmt"

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
