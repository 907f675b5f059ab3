package qtest

import (
	"errors"
	"fmt"
)

// Reasons in QEMU's words.
var (
	errUnknownDevice = sentence("Unknown device")
	errIntercepted   = sentence("IRQ intercept already enabled")
)

type sentence string

func (s sentence) Error() string { return string(s) }

// interceptIn has the client told of a device's inputs from now on. One device can be watched.
func interceptIn(s *server, words []string) (string, error) {
	device := words[1]
	switch {
	case !s.machine.Known(device):
		return "", errUnknownDevice
	case s.intercepted != "" && s.intercepted != device:
		return "", errIntercepted
	case s.intercepted == device:
		return "", nil
	}
	if err := s.machine.Intercept(device, s.tell); err != nil {
		return "", err
	}
	s.intercepted = device
	return "", nil
}

// tell is called by whoever drives the wire.
func (s *server) tell(input int, level bool) {
	verb := "lower"
	if level {
		verb = "raise"
	}
	s.send(fmt.Sprintf("IRQ %s %d", verb, input))
}

// interceptOut succeeds and tells nothing, as in QEMU where a device has no outputs that have numbers. Those of a PCI function are
// pins and messages, which are seen at the interrupt controller's inputs and in memory.
func interceptOut(s *server, words []string) (string, error) {
	device := words[1]
	switch {
	case !s.machine.Known(device):
		return "", errUnknownDevice
	case s.intercepted != "" && s.intercepted != device:
		return "", errIntercepted
	}
	return "", nil
}

func setIRQIn(s *server, words []string) (string, error) {
	if words[2] != "unnamed-gpio-in" {
		return "", fmt.Errorf("there are no inputs named %s, only unnamed-gpio-in", clip(words[2]))
	}
	if !s.machine.Known(words[1]) {
		return "", errUnknownDevice
	}
	v, err := numbers(words[3:])
	if err != nil {
		return "", err
	}
	return "", s.machine.SetInput(words[1], int(min(v[0], 1<<16)), v[1] != 0)
}

func moduleLoad(*server, []string) (string, error) {
	return "", errors.New("there are no modules: all is built in")
}
