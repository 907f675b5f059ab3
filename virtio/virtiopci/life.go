package virtiopci

import (
	"context"
	"errors"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// slowStop is when a device that does not end is worth a line in the log: a vCPU stands still meanwhile.
const slowStop = 5 * time.Second

// A life is one call of Device.Run.
type life struct {
	session *virtio.Session
	cancel  context.CancelFunc
	done    chan struct{} // closed when Run has returned
}

// start runs the device, unless it runs already or must not. The caller holds mu.
func (t *Transport) start() {
	if t.life != nil || t.closed || t.broken.Load() {
		return
	}
	if t.disabled.Load() {
		t.log.Warn().Msg("virtiopci: the driver took bus master away and sets DRIVER_OK without it; the device waits for it")
		return
	}
	s := virtio.NewSession(t.negotiation.accepted, !t.modernDriver(), t.configChanged)
	for i := range t.sizes {
		if t.paused {
			break // Resume enables them
		}
		if err := t.enable(s, i); err != nil {
			t.fail(err)
			return
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{session: s, cancel: cancel, done: make(chan struct{})}
	t.life = l
	t.started.Store(true)
	if t.info.Start != nil {
		t.info.Start(s.Features)
	}
	t.running.Go(func() { t.run(ctx, l) })
	t.moveDoorbells()
}

// run is the goroutine of a life. It closes done before it takes the mutex: whoever holds that may wait for done.
func (t *Transport) run(ctx context.Context, l *life) {
	err := t.cfg.Device.Run(ctx, l.session)
	close(l.done)
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.life == l {
		t.stop()
		t.fail(err)
	} else if violation(err) == nil {
		t.hostFault(err) // the driver's fault is forgotten with its reset, the host's is not
	}
}

// stop ends the running session and waits until the device has let go of it. The rings' positions stay for a driver that
// sets DRIVER_OK again without a reset. The caller holds mu.
func (t *Transport) stop() {
	l := t.life
	if l == nil {
		return
	}
	t.life = nil
	t.moveDoorbells()
	l.cancel()
	t.await(l)
	for i := range t.sizes {
		if q := l.session.Queue(i); q != nil {
			t.queues[i].ring.start = q.Rest()
		}
	}
}

func (t *Transport) await(l *life) {
	select {
	case <-l.done:
		return
	case <-time.After(slowStop):
	}
	t.log.Warn().Stringer("after", slowStop).Msg("virtiopci: the device has not ended its session yet; a vCPU waits for it")
	<-l.done
}

// fail is the end of a session by an error, and no session can start before a reset. A driver's violation sets
// DEVICE_NEEDS_RESET where the driver knows it (virtio_error); any other error ends the machine. The caller holds mu and
// has stopped the session.
func (t *Transport) fail(err error) {
	defer t.broken.Store(true)
	if violation(err) == nil {
		t.hostFault(err)
		return
	}
	t.log.Warn().Err(err).Msg("virtiopci: the driver broke a rule of virtio; the device does nothing until it is reset")
	if t.modernDriver() {
		t.status.Or(statusNeedsReset)
		t.complain()
	}
}

func (t *Transport) hostFault(err error) {
	t.log.Error().Err(err).Msg("virtiopci: the device cannot go on")
	if t.cfg.OnFault != nil {
		t.cfg.OnFault(err)
	}
}

func violation(err error) (v *virtio.Violation) {
	errors.As(err, &v)
	return v
}
