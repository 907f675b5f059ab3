package virtiotest

import (
	"context"
	"errors"
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// begin starts a session with f.
func (h *Harness) begin(f virtio.Features) {
	h.t.Helper()
	h.Session = virtio.NewSession(f, h.opts.Legacy, h.configChanged)
	n := len(h.info.Queues(f))
	h.rings, h.kicks = make([]*Ring, n), nil
	for range n {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			h.t.Fatalf("eventfd: %v", err)
		}
		h.kicks = append(h.kicks, fd)
	}
	for i := range n {
		if !slices.Contains(h.opts.Disabled, i) {
			h.Enable(i)
		}
	}
	h.run()
}

func (h *Harness) run() {
	ctx, cancel := context.WithCancel(context.Background())
	session, done := h.Session, make(chan struct{})
	h.cancel, h.done, h.err, h.asked = cancel, done, nil, false
	if h.info.Accept != nil {
		h.info.Accept(session.Features)
	}
	h.ready.Store(true)
	if h.info.Start != nil {
		h.info.Start(session.Features)
	}
	go func() {
		defer close(done)
		if err := h.dev.Run(ctx, session); !errors.Is(err, context.Canceled) {
			h.err = err
		}
	}()
}

// end checks the rings of a session that is over and gives its eventfds back.
func (h *Harness) end() {
	h.t.Helper()
	for _, r := range h.rings {
		if r != nil {
			r.Check()
		}
	}
	for _, fd := range h.kicks {
		_ = unix.Close(fd)
	}
	h.rings, h.kicks = nil, nil
}

func (h *Harness) cleanup() {
	h.t.Helper()
	if h.cancel == nil {
		return // Start did not come so far
	}
	asked := h.asked
	if err := h.Stop(); err != nil && !asked {
		h.t.Errorf("the device failed: %v", err)
	}
	h.end()
}
