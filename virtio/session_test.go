package virtio_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// runs starts a session whose device serves queue 0 with f and returns what its Run returned, once it has.
func runs(s *virtio.Session, f func(context.Context, *virtio.Queue) error) (cancel context.CancelFunc, ended chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() {
		s.Serve(0, f)
		ended <- s.Wait(ctx)
	}()
	return cancel, ended
}

// serving reports each start of a queue and each end.
func serving(starts, ends chan *virtio.Queue) func(context.Context, *virtio.Queue) error {
	return func(ctx context.Context, q *virtio.Queue) error {
		starts <- q
		for {
			if err := q.Wait(ctx); err != nil {
				ends <- q
				return err
			}
		}
	}
}

// patience is far more than anything here takes, on a machine full of other work too.
const patience = 5 * time.Minute

func soon[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("not in %v: %s", patience, what)
	}
	return v
}

func newSession() *virtio.Session { return virtio.NewSession(virtio.Features{}, false, nil) }

func TestAQueueIsServedWheneverItIsEnabled(t *testing.T) {
	s, starts, ends := newSession(), make(chan *virtio.Queue, 9), make(chan *virtio.Queue, 9)
	early, late := newRig(t, 4).q, newRig(t, 4).q
	s.Enable(0, early)
	cancel, ended := runs(s, serving(starts, ends))
	if q := soon(t, "the queue enabled before Run starts", starts); q != early {
		t.Error("another queue was started")
	}
	s.Disable(0)
	if len(ends) != 1 || s.Queue(0) != nil {
		t.Errorf("after Disable: %d ends, queue %v", len(ends), s.Queue(0))
	}
	s.Disable(0)
	s.Enable(0, late)
	if q := soon(t, "the queue enabled again starts", starts); q != late || s.Queue(0) != late {
		t.Error("another queue was started")
	}
	cancel()
	if err := soon(t, "Wait ends at the context", ended); err != nil {
		t.Errorf("Wait: %v", err)
	}
	if len(ends) != 2 {
		t.Error("Wait returned before the function")
	}
	s.Enable(0, early)
	s.Disable(0)
	if len(starts) != 0 {
		t.Error("a function started after the end")
	}
}

func TestEnableReplacesAnEnabledQueue(t *testing.T) {
	s, starts, ends := newSession(), make(chan *virtio.Queue, 9), make(chan *virtio.Queue, 9)
	a, b := newRig(t, 4).q, newRig(t, 4).q
	cancel, ended := runs(s, serving(starts, ends))
	s.Enable(0, a)
	soon(t, "the first starts", starts)
	s.Enable(0, b)
	if q := soon(t, "the first ends", ends); q != a {
		t.Error("the wrong queue ended")
	}
	soon(t, "the second starts", starts)
	cancel()
	soon(t, "the session ends", ended)
}

func TestAQueueThatNobodyServesStaysIdle(t *testing.T) {
	s := newSession()
	r := newRig(t, 4)
	s.Enable(1, r.q)
	cancel, ended := runs(s, func(context.Context, *virtio.Queue) error { return nil })
	if s.Queue(1) != r.q || s.Queue(0) != nil || s.Queue(-1) != nil {
		t.Error("Queue gives the wrong one")
	}
	s.Disable(1)
	cancel()
	soon(t, "the session ends", ended)
}

func TestTheFirstFailureEndsTheSession(t *testing.T) {
	s, broken := newSession(), &virtio.Violation{Rule: virtio.RuleNoLoop}
	starts, ends := make(chan *virtio.Queue, 1), make(chan *virtio.Queue, 1)
	s.Enable(0, newRig(t, 4).q)
	s.Enable(1, newRig(t, 4).q)
	s.Serve(1, serving(starts, ends))
	cancel, ended := runs(s, func(context.Context, *virtio.Queue) error {
		<-starts
		return broken
	})
	defer cancel()
	if err := soon(t, "Wait ends", ended); !errors.Is(err, broken) {
		t.Errorf("Wait: %v", err)
	}
	if len(ends) != 1 {
		t.Error("the other function still runs")
	}
}

func TestAFunctionThatReturnsEndsNothing(t *testing.T) {
	s, returned := newSession(), make(chan struct{})
	s.Enable(0, newRig(t, 4).q)
	cancel, ended := runs(s, func(context.Context, *virtio.Queue) error {
		close(returned)
		return nil
	})
	<-returned
	select {
	case err := <-ended:
		t.Errorf("Wait: %v", err)
	case <-time.After(10 * time.Millisecond):
	}
	cancel()
	soon(t, "Wait ends", ended)
}

func TestConfigChangedCallsTheTransport(t *testing.T) {
	n := 0
	virtio.NewSession(virtio.Features{}, true, func() { n++ }).ConfigChanged()
	newSession().ConfigChanged()
	if n != 1 {
		t.Errorf("%d calls", n)
	}
}

func ready(fd int) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return n == 1
}

func TestWaitReturnsAtAKickThatCameBefore(t *testing.T) {
	r := newRig(t, 4)
	for range 2 {
		kick(r.q.KickFD())
	}
	// Not t.Context(): its end would be written to the eventfd, which is closed by then and perhaps another test's.
	if err := r.q.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	if ready(r.q.KickFD()) || r.q.Stats().Kicks != 2 {
		t.Errorf("readable: %v, kicks: %d", ready(r.q.KickFD()), r.q.Stats().Kicks)
	}
	kick(r.q.KickFD())
	r.q.Drain()
	r.q.Drain()
	if ready(r.q.KickFD()) || r.q.Stats().Kicks != 3 {
		t.Errorf("readable after Drain: %v, kicks: %d", ready(r.q.KickFD()), r.q.Stats().Kicks)
	}
}

// waits is Wait until that fails: what ended the one before may wake the next once, without a kick.
func waits(ctx context.Context, q *virtio.Queue) (err error) {
	for err == nil {
		err = q.Wait(ctx)
	}
	return err
}

func TestWaitEndsWithItsContext(t *testing.T) {
	r := newRig(t, 4)
	for range 100 {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- waits(ctx, r.q) }()
		cancel()
		if err := soon(t, "Wait ends", ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("Wait: %v", err)
		}
		if err := r.q.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("a second Wait: %v", err)
		}
	}
}

func TestTheEndOfAServedQueueCannotBeDrained(t *testing.T) {
	s, polled := newSession(), make(chan bool, 1)
	s.Enable(0, newRig(t, 4).q)
	cancel, ended := runs(s, func(ctx context.Context, q *virtio.Queue) error {
		<-ctx.Done()
		for !ready(q.KickFD()) {
			time.Sleep(time.Millisecond)
		}
		q.Drain()
		polled <- ready(q.KickFD())
		return ctx.Err()
	})
	cancel()
	soon(t, "the session ends", ended)
	if !<-polled {
		t.Error("a poll after Drain would sleep for ever")
	}
}

var one = []byte{1, 0, 0, 0, 0, 0, 0, 0}

func kick(fd int) { unix.Write(fd, one) }
