package pci

import "fmt"

// Place puts f at a slot and function number by the rules of QEMU's do_pci_register_device, and returns the slot: -1 takes the first
// free one, with function 0. hot says that guests may have looked at the slot already. They look at other functions only if function 0
// says that there may be some (SetMultifunction); so it comes last into a slot that is filled while they run, and till then the
// others answer no configuration access.
func (r *Root) Place(slot, function int, hot bool, f *Function) (int, error) {
	if slot < 0 {
		return r.Attach(slot, f)
	}
	if slot >= slots || function < 0 || function >= functions {
		return 0, fmt.Errorf("pci: no address %02x.%x: slots are 0 to 1f, functions 0 to 7", slot, function)
	}
	if err := r.mayBeFound(slot, function, hot, f); err != nil {
		return 0, err
	}
	f.hot = hot
	return slot, r.AttachAt(slot, function, f)
}

// mayBeFound is an error if no guest would look for f there, or for what is beside it.
func (r *Root) mayBeFound(slot, function int, hot bool, f *Function) error {
	first, others := r.Function(slot, 0), 0
	for n := 1; n < functions; n++ {
		if r.Function(slot, n) != nil {
			others = n
		}
	}
	switch {
	case r.Function(slot, function) != nil: // AttachAt says so
	case function != 0 && hot && first != nil:
		return fmt.Errorf("pci: function 0 of slot %02x is there, so guests have looked already and would not find %02x.%x: add function 0 last", slot, slot, function)
	case function != 0 && first != nil && !first.multifunction():
		return fmt.Errorf("pci: single function device can't be populated in function %02x.%x: give %02x.0 multifunction=on", slot, function, slot)
	case function == 0 && others != 0 && !f.multifunction():
		return fmt.Errorf("pci: %02x.0 indicates single function, but %02x.%x is already populated: give %02x.0 multifunction=on", slot, slot, others, slot)
	}
	return nil
}

func (f *Function) multifunction() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.config[regHeaderType]&multifunction != 0
}

// visible is Function, of what answers configuration accesses.
func (r *Root) visible(slot, function int) *Function {
	f := r.Function(slot, function)
	if f == nil || function == 0 || !f.hot || r.Function(slot, 0) != nil {
		return f
	}
	return nil
}
