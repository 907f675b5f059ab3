package vmm

import (
	"context"
	"errors"
	"sync"

	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/acpipm"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/devices/pcihotplug"
	"github.com/drydock-vmm/drydock/devices/serial"
)

// A pc is one life of a PC, from power on to reset: RAM, buses and devices, and the accelerator that runs it.
type pc struct {
	c      *Config
	inputs inputs
	stop   context.CancelCauseFunc

	ram   *RAM
	accel accelerator

	ports   devices.Bus // of the platform
	pci     *pci.Root
	power   *acpipm.PM
	hotplug *pcihotplug.Controller
	serial  []*serial.UART

	plugging  sync.Mutex  // guards functions; not held over the end of a device
	functions []*function // in the order in which they were plugged

	hurry   bool           // it did not end by itself: nobody waits for its last words
	closers []func() error // in the order in which things were made; closed in reverse
}

// newPCWith builds all of it, but for what another PC left, or leaves nothing behind. stop ends the PC, with an ended or a fault as
// the cause.
func newPCWith(e estate, c *Config, in inputs, stop context.CancelCauseFunc) (*pc, error) {
	m := &pc{c: c, inputs: in, stop: stop, ram: e.ram, pci: e.pci, functions: e.functions}
	for _, step := range []func() error{m.makeRAM, m.accelerate, m.buildBoard, m.connectDevices, m.plugDevices, m.assignPCI} {
		if err := step(); err != nil {
			return nil, errors.Join(err, m.unplugAll(), m.close())
		}
	}
	return m, nil
}

// closing registers what undoes the step just done.
func (m *pc) closing(undo func() error) { m.closers = append(m.closers, undo) }

// close takes everything down, the latest first. The accelerator's run has returned.
func (m *pc) close() (err error) {
	for i := len(m.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, m.closers[i]())
	}
	m.closers = nil
	return err
}

func (m *pc) makeRAM() (err error) {
	if m.ram == nil {
		if m.ram, err = NewRAM(m.c.RAM); err != nil {
			return err
		}
	}
	m.closing(func() error {
		if m.ram == nil { // bequeathed
			return nil
		}
		return m.ram.Close()
	})
	return nil
}

// ended is the cause with which the PC's context is cancelled when the guest ends it, fault when the host failed it. Any other
// cause is the caller's, who stops the machine.
type (
	ended struct{ Outcome }
	fault struct{ error }
)

func (e ended) Error() string { return "guest ended: " + e.End.String() }

// end stops the PC with an outcome. The first one counts. It returns at once; any goroutine may call it.
func (m *pc) end(o Outcome) { m.stop(ended{o}) }

// fault stops the PC because the host failed.
func (m *pc) fault(err error) { m.stop(fault{err}) }

// outcome tells the guest's end from the host's troubles and the caller's wish.
func outcome(cause error) (Outcome, error) {
	switch c := cause.(type) {
	case ended:
		return c.Outcome, nil
	case fault:
		return Outcome{}, c.error
	}
	return Outcome{End: Stopped}, nil
}
