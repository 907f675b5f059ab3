package virtiotest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// stopTimeout is how long a device may take to stop: far more than any needs, so that a hang is told from a slow machine.
const stopTimeout = time.Minute

// Options are what a test can change of a Harness; the zero value is a modern driver that enables all queues.
type Options struct {
	Legacy   bool           // the driver uses the legacy interface
	Sizes    map[int]uint16 // of queues whose default is not wanted
	Disabled []int          // queues that the driver does not enable at DRIVER_OK
	RAM      int            // bytes; 0 is 256 MiB (taken from the host as they are touched)
}

// A Harness is the least of a transport: it runs a device on rings in RAM, after negotiation, from DRIVER_OK to reset.
type Harness struct {
	RAM     *RAM
	Session *virtio.Session

	t       testing.TB
	dev     virtio.Device
	info    virtio.Info
	opts    Options
	rings   []*Ring
	kicks   []int       // eventfds
	ready   atomic.Bool // DRIVER_OK is set
	changes atomic.Uint64
	changed chan struct{}

	cancel context.CancelFunc
	done   chan struct{} // closed when Run has returned
	err    error         // of Run
	asked  bool          // the test has seen err
}

// Start runs dev as after DRIVER_OK with f accepted: rings of the device's default sizes, enabled, with interrupts wanted;
// packed ones if f has RING_PACKED.
// f is taken as it is, whether the device offers it or not. The test's end stops the device; an error of Run that the
// test has not asked for (Stop, Violation) is a t.Error then.
func Start(t testing.TB, dev virtio.Device, f virtio.Features, opts Options) *Harness {
	t.Helper()
	if opts.RAM == 0 {
		opts.RAM = 256 << 20
	}
	h := &Harness{RAM: NewRAM(t, opts.RAM), t: t, dev: dev, info: dev.Info(), opts: opts, changed: make(chan struct{}, 1)}
	t.Cleanup(h.cleanup)
	h.info.Config.OnNotify(h.configChanged)
	h.begin(f)
	return h
}

// Queue is the driver's side of queue i, nil while it is disabled. After Reset and Enable it is another one.
func (h *Harness) Queue(i int) *Ring { return h.rings[i] }

// Queues is how many there are for the accepted features.
func (h *Harness) Queues() int { return len(h.rings) }

// Device is the device's side of queue i, for its Stats and Posted; nil while it is disabled.
func (h *Harness) Device(i int) *virtio.Queue { return h.Session.Queue(i) }

// ConfigChanges is how many configuration change notifications came.
func (h *Harness) ConfigChanges() uint64 { return h.changes.Load() }

// ConfigChanged receives after a configuration change notification; several may be one.
func (h *Harness) ConfigChanged() <-chan struct{} { return h.changed }

// Enable enables queue i with an empty ring and returns that, as after queue_enable=1.
func (h *Harness) Enable(i int) *Ring {
	h.t.Helper()
	r := NewRing(h.RAM, int(h.size(i)), h.Session.Features)
	fd := h.kicks[i]
	r.OnKick = func() { kick(fd) }
	q, err := virtio.NewQueue(r.Config(i, fd))
	if err != nil {
		h.t.Fatalf("queue %d: %v", i, err)
	}
	h.rings[i] = r
	h.Session.Enable(i, q)
	return r
}

// Disable resets queue i alone (VIRTIO_F_RING_RESET) and checks its ring for the last time.
func (h *Harness) Disable(i int) {
	h.t.Helper()
	h.Session.Disable(i)
	if r := h.rings[i]; r != nil {
		r.Check()
		h.rings[i] = nil
	}
}

// Stop resets the device and returns the error of its Run; nil if it had none but the context's. A Run
// that does not return is a t.Fatal. A second Stop returns the same.
func (h *Harness) Stop() error {
	h.t.Helper()
	h.asked = true
	h.cancel()
	h.await(stopTimeout)
	h.ready.Store(false)
	if h.info.Accept != nil {
		h.info.Accept(virtio.Features{})
	}
	if h.info.Reset != nil {
		h.info.Reset()
	}
	return h.err
}

// Reset is Stop and then DRIVER_OK again with f accepted, on new rings. An error of the ended Run is a t.Error.
func (h *Harness) Reset(f virtio.Features) {
	h.t.Helper()
	if err := h.Stop(); err != nil {
		h.t.Errorf("the device failed before the reset: %v", err)
	}
	h.end()
	h.begin(f)
}

// Violation waits until the device has ended because of what the driver did, and returns why. Another end, or none in
// time, is a t.Fatal.
func (h *Harness) Violation(timeout time.Duration) *virtio.Violation {
	h.t.Helper()
	h.asked = true
	h.await(timeout)
	var v *virtio.Violation
	if !errors.As(h.err, &v) {
		h.t.Fatalf("the device ended with %v, want a violation", h.err)
	}
	return v
}

// Done is closed when the device's Run has returned.
func (h *Harness) Done() <-chan struct{} { return h.done }

func (h *Harness) size(i int) uint16 {
	if n, ok := h.opts.Sizes[i]; ok {
		return n
	}
	return h.info.Queues(h.Session.Features)[i]
}

func (h *Harness) await(timeout time.Duration) {
	h.t.Helper()
	select {
	case <-h.done:
	case <-time.After(timeout):
		h.RAM.b = nil // stays mapped for the device, which still runs
		h.t.Fatalf("the device's Run has not returned after %v", timeout)
	}
}

func (h *Harness) configChanged() {
	if !h.ready.Load() {
		return
	}
	h.changes.Add(1)
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

func kick(fd int) {
	one := [8]byte{0: 1}
	// EAGAIN is a counter that is full: the device has been kicked.
	_, _ = unix.Write(fd, one[:])
}
