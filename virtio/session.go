package virtio

import "context"

// A Session is one life of a device, from DRIVER_OK to reset. Its state dies with it: a reset can forget nothing.
//
// Each queue has a life of its own inside it, because a driver may enable a queue late, reset one queue
// (VIRTIO_F_RING_RESET, 2.6.1) and enable it again. A device registers what it does with a queue by Serve, and the
// session runs that whenever the queue is enabled.
type Session struct {
	// Features is what the driver accepted, legacy-only bits included.
	Features Features
	// Legacy is true if the driver uses the legacy interface (2.2.3): no VERSION_1 was accepted.
	Legacy bool
	// Queues are those that exist for Features, in order; an element is nil while the driver has not enabled it.
	// Read it through Queue.
	unexported struct{}
}

// Queue returns queue i if the driver has enabled it, else nil. Any goroutine may call it.
func (s *Session) Queue(i int) *Queue { panic("contract") }

// Serve runs f in a goroutine of its own each time queue i is enabled, until the queue is reset or the session ends;
// then ctx of f is done and f must return soon. Call it from Device.Run only, before Wait.
func (s *Session) Serve(i int, f func(ctx context.Context, q *Queue) error) { panic("contract") }

// Wait blocks until ctx is done and every function given to Serve has returned, or until one of them fails; it returns
// the first error that is not a context's. Device.Run ends with it.
func (s *Session) Wait(ctx context.Context) error { panic("contract") }

// ConfigChanged sends a configuration change notification (2.3): the ISR's configuration bit and its interrupt.
func (s *Session) ConfigChanged() { panic("contract") }
