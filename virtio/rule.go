package virtio

import "fmt"

// A Rule is one sentence of the specification that a driver can break.
type Rule struct {
	Section string // of virtio 1.4, e.g. "2.7.5.3.1"
	Text    string // what a driver must do, in our words
}

// A Violation is a driver breaking a rule. It is the driver's fault alone: the device stops (DEVICE_NEEDS_RESET), the VM goes
// on.
type Violation struct {
	Rule  *Rule
	Queue int
	Head  uint16 // of the chain, or where it begins in a packed ring if its id is not known yet; 0 if it is not about one
	What  string // what it did, with the numbers
}

func (v *Violation) Error() string {
	return fmt.Sprintf("virtio: queue %d, head %d: %s (rule %s: %s)", v.Queue, v.Head, v.What, v.Rule.Section, v.Rule.Text)
}
