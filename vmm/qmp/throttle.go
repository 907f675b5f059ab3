package qmp

import (
	"sync"
	"time"
)

// period is how long no second event of the same limit is sent, as in QEMU.
const period = time.Second

// A throttle keeps a guest from flooding clients with events that it can cause as often as it likes (QEMU:
// monitor_qapi_event_queue): the first goes out at once, and of those that follow within a period the last, at its end.
type throttle struct {
	after func(time.Duration, func())

	mu   sync.Mutex
	last map[string]*Event // by Limit, while a period runs; nil: none came in it
}

func newThrottle() throttle {
	return throttle{after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }, last: map[string]*Event{}}
}

// hold reports that an event is to wait, or not be sent at all. send is called with it when its time has come.
func (t *throttle) hold(e Event, send func(Event)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, running := t.last[e.Limit]
	if running {
		t.last[e.Limit] = &e
	} else {
		t.begin(e.Limit, send)
	}
	return running
}

// begin begins a period. The caller holds mu.
func (t *throttle) begin(limit string, send func(Event)) {
	t.last[limit] = nil
	t.after(period, func() { t.expire(limit, send) })
}

// expire ends one. What it sends begins the next.
func (t *throttle) expire(limit string, send func(Event)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.last[limit]
	if e == nil {
		delete(t.last, limit)
		return
	}
	t.begin(limit, send)
	send(*e)
}
