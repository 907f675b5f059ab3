package args

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// mustBe accepts a switch that can only be one way here, and says so.
func mustBe(want bool) func(string) error {
	return mustBeFor(want, fmt.Sprintf("only %s is possible here", map[bool]string{true: "on", false: "off"}[want]))
}

// mustBeFor is mustBe with a reason.
func mustBeFor(want bool, reason string) func(string) error {
	return func(s string) error {
		on, err := option.Bool(s)
		if err == nil && on != want {
			err = fmt.Errorf("%s; leave it out", reason)
		}
		return err
	}
}

// onlyNumber accepts a number that can only be what it is by default.
func onlyNumber(want uint64) func(string) error {
	return func(s string) error {
		v, err := option.Uint(s, 32)
		if err == nil && v != want {
			err = fmt.Errorf("only %d is possible here; leave it out", want)
		}
		return err
	}
}

// ignoredSwitch, ignoredInt and ignoredNumber take values of their kind that change nothing that a guest of this machine sees.
func ignoredSwitch(s string) error { _, err := option.Bool(s); return err }

func ignoredInt(s string) error { _, err := option.Int(s, 32); return err }

func ignoredNumber(s string) error { _, err := option.Uint(s, 32); return err }

// onlyRoot accepts the name of the one PCI bus.
func onlyRoot(s string) error {
	if s != "pci.0" {
		return fmt.Errorf("there is no such bus; the machine has pci.0")
	}
	return nil
}

// onlyEmpty accepts a name that can only be none.
func onlyEmpty(s string) error {
	if s != "" {
		return fmt.Errorf("there is no such thing here; leave it out")
	}
	return nil
}
