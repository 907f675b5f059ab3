package vmm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/virtio"
)

// idle is a device of one queue that waits for its end.
type idle struct{}

func (idle) Info() virtio.Info {
	return virtio.Info{ID: 4, Features: virtio.FeaturesOf(virtio.Version1), Queues: func(virtio.Features) []uint16 { return []uint16{64} },
		Config: virtio.NewConfig(nil, nil)}
}

func (idle) Run(ctx context.Context, _ *virtio.Session) error {
	<-ctx.Done()
	return nil
}

func card(slot int) Device { return Device{Device: idle{}, Slot: slot, Vectors: 2, IOEventFD: true} }

func TestAMachineThatCannotBeBuiltSaysWhyAndLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		c    Config
		want string
	}{
		{"RAM of an odd size", Config{RAM: 1<<20 + 1, CPUs: 1}, "multiple of 4 KiB"},
		{"RAM that no host has", Config{RAM: 1 << 62, CPUs: 1}, "less with -m"},
		{"a device at the place of another", Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(3), card(3)}}, "device 1: pci: 03.0 is taken"},
		{"a device at a place that is not", Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(32)}}, "device 0: pci: no address"},
		{"a debug exit port at the place of COM1", Config{RAM: 1 << 20, CPUs: 1, DebugExit: 0x3f8}, "overlaps"},
		{"more devices than slots", Config{RAM: 1 << 20, CPUs: 1, Devices: many(31)}, "device 30: pci: all 32 slots are taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := leaktest.Descriptors()
			m, err := newPC(&c.c, inputs{}, nil)
			if m != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if after := leaktest.Descriptors(); after != before {
				t.Errorf("%d descriptors are open, %d were", after, before)
			}
		})
	}
}

func many(n int) (all []Device) {
	for range n {
		all = append(all, card(-1))
	}
	return all
}

func TestAConfigurationThatCannotBeIsRefused(t *testing.T) {
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{CPUs: 0}, "0 CPUs"},
		{Config{CPUs: 256}, "256 CPUs"},
		{Config{CPUs: 1}, "no kernel"},
	} {
		if _, err := Run(t.Context(), c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want one with %q", err, c.want)
		}
	}
}

// stuck is a writer that nobody empties.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }

func TestACPUThatWaitsForRoomInTheConsoleIsReleased(t *testing.T) {
	out := stuck{make(chan struct{})}
	defer close(out.release)
	c := Config{RAM: 1 << 20, CPUs: 1, Serial: [2]Serial{{Out: out}}}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() { // as a CPU does
		defer close(written)
		for range 200000 {
			m.ports.Write(portCOM1, []byte{'x'})
		}
	}()
	select {
	case <-written:
		t.Error("the console has no end")
	case <-time.After(100 * time.Millisecond):
	}
	m.releaseSerial()
	<-written
	m.hurry = true
	if err := m.close(); err != nil {
		t.Error(err)
	}
}

func TestTheFirstCauseDecidesTheOutcome(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		end  func(m *pc, caller context.CancelCauseFunc)
		want End
		err  error
	}{
		{"the guest", func(m *pc, stop context.CancelCauseFunc) { m.reset(); m.fault(broken); stop(nil) }, Reset, nil},
		{"a device", func(m *pc, stop context.CancelCauseFunc) { m.fault(broken); m.reset() }, 0, broken},
		{"a device that was cancelled by somebody else", func(m *pc, stop context.CancelCauseFunc) { m.fault(context.Canceled) }, 0, context.Canceled},
		{"the caller", func(m *pc, stop context.CancelCauseFunc) { stop(nil); m.reset() }, Stopped, nil},
		{"the caller, who says why", func(m *pc, stop context.CancelCauseFunc) { stop(broken) }, Stopped, nil},
	} {
		caller, cancel := context.WithCancelCause(t.Context())
		ctx, stop := context.WithCancelCause(caller)
		c.end(&pc{stop: stop}, cancel)
		o, err := outcome(context.Cause(ctx))
		if o.End != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", c.name, o.End, err)
		}
		stop(nil)
		cancel(nil)
	}
}
