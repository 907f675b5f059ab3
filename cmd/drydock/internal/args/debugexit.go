package args

import "github.com/drydock-vmm/drydock/cmd/drydock/internal/option"

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

func (d *DebugExit) check(*Machine) error { return nil }
