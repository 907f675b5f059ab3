package vmm

import "fmt"

// An End is a way in which a machine ends by itself.
type End int

const (
	PowerOff    End = iota // ACPI S5
	Reset                  // keyboard controller, port 0xcf9 or ACPI reset register, with NoReboot
	TripleFault            // the guest had no handler for a fault in its fault handler
	DebugExit              // a write to the debug exit port
	Stopped                // the context was done
)

func (e End) String() string {
	switch e {
	case PowerOff:
		return "power off"
	case Reset:
		return "reset"
	case TripleFault:
		return "triple fault"
	case DebugExit:
		return "debug exit"
	case Stopped:
		return "stopped"
	}
	return fmt.Sprintf("vmm.End(%d)", int(e))
}

// An Outcome is how a machine ended.
type Outcome struct {
	End   End
	Code  uint32 // what was written to the debug exit port
	CPU   int    // which CPU a triple fault was on, and
	State string // its registers
	Host  bool   // the host asked for it: Machine.Reset or Quit
	Boots int    // how often the machine was started: reboots and one
}
