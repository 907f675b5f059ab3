package virtio

import "context"

// A Device is a virtio device type: what it is, and what it does while a driver uses it. It has no activate, pause,
// notify or acknowledge method that must be called in the right order: its life is one call of Run.
type Device interface {
	// Info says what the device is. It is called once, by the transport, before anything else.
	Info() Info

	// Run serves the queues of s from DRIVER_OK until ctx is done (reset, power off), and touches no part of s after
	// it returns (2.4.1). A *Violation among the errors means that the driver broke a rule: the transport sets
	// DEVICE_NEEDS_RESET and the VM goes on. Any other error is the host's fault and ends the VM.
	Run(ctx context.Context, s *Session) error
}

// Info is what a device is, as plain data.
type Info struct {
	ID       uint16   // device type, chapter 5: 1 is a network card
	Features Features // offered to every driver, ring and transport features included
	Legacy   Features // offered on the legacy interface besides Features (bits that a modern driver never sees)

	// Bad replaces the accepted features of a legacy driver that acknowledges BAD_FEATURE (bit 30): it writes back
	// all that it reads. Zero where the device has no such set.
	Bad Features

	// Queues gives the default size of each virtqueue once the driver has accepted f; called with the empty set
	// before negotiation. The number of queues can depend on it (VIRTIO_NET_F_MQ moves the control queue).
	Queues func(f Features) []uint16

	// MaxQueueSize bounds what a driver may write to queue_size; QEMU's VIRTQUEUE_MAX_SIZE is 1024.
	MaxQueueSize uint16

	// Config is the device configuration space. Never nil; empty if the device has none.
	Config *Config

	// Reset, if not nil, is called at each reset of the device (2.4), after Run has returned if it was called: it forgets what
	// a driver wrote into Config, which it may do before DRIVER_OK. It must not block.
	Reset func()

	// Accept, if not nil, is told what the driver has accepted each time that may have changed: by a write of features, long
	// before DRIVER_OK, or by a reset (then nothing). It must not block.
	Accept func(f Features)

	// Start, if not nil, is called before each Run with the accepted features, and has returned when the driver's write of
	// DRIVER_OK is over: for what the driver may read in Config right after. It must not block.
	Start func(f Features)
}
