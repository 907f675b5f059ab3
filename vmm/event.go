package vmm

// An EventKind is one of QEMU's run state events, or that of a device's removal.
type EventKind int

const (
	EventStop EventKind = iota
	EventResume
	EventReset
	EventPowerdown // the guest was asked to turn itself off
	EventShutdown  // the machine is over
	EventDeviceDeleted
)

// An Event is something that happened to a machine.
type Event struct {
	Kind   EventKind
	Guest  bool   // the guest wanted it, not the host
	Reason string // QEMU's ShutdownCause, for EventReset and EventShutdown
	Device Device // what was removed, for EventDeviceDeleted
}

// QEMU's names of why a machine was reset or ended (ShutdownCause).
const (
	guestShutdown = "guest-shutdown"
	guestReset    = "guest-reset"
	hostQuit      = "host-qmp-quit"
	hostReset     = "host-qmp-system-reset"
	hostSignal    = "host-signal"
)

func reset(o Outcome) Event {
	if o.Host {
		return Event{Kind: EventReset, Reason: hostReset}
	}
	return Event{Kind: EventReset, Guest: true, Reason: guestReset}
}

// shutdown is the last event of a machine. A debug exit and a failure of the host end QEMU without one; here they have it.
func shutdown(o Outcome) Event {
	e := Event{Kind: EventShutdown, Guest: true, Reason: guestShutdown}
	switch {
	case o.End == Stopped && o.Host:
		e.Guest, e.Reason = false, hostQuit
	case o.End == Stopped:
		e.Guest, e.Reason = false, hostSignal
	case o.End == Reset:
		e.Guest, e.Reason = !o.Host, reset(o).Reason
	case o.End == TripleFault:
		e.Reason = guestReset
	}
	return e
}
