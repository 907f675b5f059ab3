package args

import (
	"errors"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

func (m *Machine) setMachine(s string) error {
	return option.Read("-machine", s, "type", option.Props{
		"type": m.setKind, "accel": m.setAccelName, "acpi": mustBeFor(true, "this machine always has ACPI"),
		"usb": option.Ignored, "vmport": option.Ignored, "graphics": option.Ignored, "dump-guest-core": option.Ignored,
		"hpet": option.Ignored, "smbus": option.Ignored, "sata": option.Ignored, "mem-merge": option.Ignored,
	})
}

// kinds are what -machine can be; the first three are the same.
var kinds = []string{"pc", "pc-i440fx-7.2", "i440fx", "none"}

func (m *Machine) setKind(s string) error {
	if asksHelp(s) {
		return m.ask("machine", kinds)
	}
	if err := option.OneOf(&m.Kind, kinds...)(s); err != nil || s == "none" {
		return err
	}
	m.Kind = "pc"
	return nil
}

// accels are auto (the default), and what may be asked for.
var accels = []string{"auto", "kvm", "carrier", "qtest"}

func (m *Machine) setAccel(s string) error {
	return option.Read("-accel", s, "accel", option.Props{"accel": m.setAccelName})
}

func (m *Machine) setAccelName(s string) error {
	switch {
	case asksHelp(s):
		return m.ask("accel", accels)
	case s == "tcg":
		return errors.New("no CPU is emulated here; write kvm, carrier (KVM of an emulated host) or qtest (no CPU at all)")
	}
	return option.OneOf(&m.Accel, accels...)(s)
}
