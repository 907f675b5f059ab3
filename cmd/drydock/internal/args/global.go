package args

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// A Global is one -global: a property of all devices of a type and of the types derived from it.
type Global struct {
	Driver, Property, Value string
	used                    bool
}

// addGlobal reads driver.property=value, or driver=,property=,value=, which a driver with a dot in its name needs.
func (m *Machine) addGlobal(s string) error {
	path, value, given := strings.Cut(s, "=")
	if !given {
		return errGlobal
	}
	if driver, property, ok := strings.Cut(path, "."); ok {
		m.Globals = append(m.Globals, Global{Driver: driver, Property: property, Value: value})
		return nil
	}
	l, err := option.Parse(s, "")
	if err != nil {
		return err
	}
	var g Global
	err = l.Decode("-global", option.Props{
		"driver": option.ToString(&g.Driver), "property": option.ToString(&g.Property), "value": option.ToString(&g.Value),
	})
	if _, given := l.Get("value"); err == nil && (g.Driver == "" || g.Property == "" || !given) {
		err = errGlobal
	}
	m.Globals = append(m.Globals, g)
	return err
}

var errGlobal = errors.New("write driver.property=value, or driver=D,property=P,value=V")

// String is the value of -global, in the form that takes any name.
func (g Global) String() string {
	return option.List{{Key: "driver", Value: g.Driver}, {Key: "property", Value: g.Property}, {Key: "value", Value: g.Value}}.String()
}

// applyGlobals sets what -global says of a type: first of what the device holds, as QEMU makes that first, then of itself, each in
// the order of the command line. The device's own properties come after.
func (m *Machine) applyGlobals(t deviceType, props option.Props) error {
	for _, names := range [][]string{t.children, t.parents} {
		for i, g := range m.Globals {
			if !slices.Contains(names, g.Driver) {
				continue
			}
			m.Globals[i].used = true
			if g.Property == "id" || g.Property == "bus" {
				return fmt.Errorf("-global %s: unknown property %q: each device has its own", g.Driver, g.Property)
			}
			if !slices.Contains(t.parents, g.Driver) && slices.Contains(functionOnly, g.Property) {
				return fmt.Errorf("-global %s: property %q is the PCI function's; write virtio-pci.%s", g.Driver, g.Property, g.Property)
			}
			if err := (option.List{{Key: g.Property, Value: g.Value}}).Decode("-global "+g.Driver, props); err != nil {
				return err
			}
		}
	}
	return nil
}

// UnusedGlobals says of each -global that did nothing what is odd about it (QEMU's qdev_prop_check_globals).
func (m *Machine) UnusedGlobals() (warnings []string) {
	for _, g := range m.Globals {
		switch {
		case g.used:
		case !isDriver(g.Driver):
			warnings = append(warnings, fmt.Sprintf("global %s.%s has invalid class name: there is no such device here", g.Driver, g.Property))
		default:
			warnings = append(warnings, fmt.Sprintf("global %s.%s=%s not used: no such device is in the machine", g.Driver, g.Property, g.Value))
		}
	}
	return warnings
}

func isDriver(name string) bool {
	for _, t := range deviceTypes {
		if slices.Contains(t.parents, name) || slices.Contains(t.children, name) {
			return true
		}
	}
	return false
}
