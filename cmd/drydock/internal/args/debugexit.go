package args

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/debugexit"
)

// DebugExit is -device isa-debug-exit: a write to its port ends the machine.
type DebugExit struct {
	Ident
	Port, Size uint16
}

func newDebugExit(kind string) Device {
	return &DebugExit{Ident: Ident{Kind: kind}, Port: 0x501, Size: 2}
}

func (d *DebugExit) props() option.Props {
	return option.Props{"iobase": option.ToUint(&d.Port, 16), "iosize": option.ToUint(&d.Size, 16)}
}

// check bounds the ports to those that the device always has: a guest that was promised fewer uses no others.
func (d *DebugExit) check(*Machine) error {
	if d.Port == 0 || d.Size < 1 || d.Size > debugexit.Ports {
		return fmt.Errorf("-device %s: iobase=0x%x,iosize=%d: give a port other than 0, and 1 to %d ports", d.Kind, d.Port, d.Size, debugexit.Ports)
	}
	return nil
}
