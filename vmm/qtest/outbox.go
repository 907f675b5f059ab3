package qtest

import (
	"io"
	"sync"
)

// An outbox sends lines in the order in which they were put, from a goroutine of its own: whoever raises an interrupt does not
// wait for a client that reads slowly.
type outbox struct {
	to   io.Writer
	done chan struct{}

	mu      sync.Mutex
	changed sync.Cond
	waiting []byte
	closed  bool
	err     error // of the writer; nothing is sent after it
}

func newOutbox(to io.Writer) *outbox {
	o := &outbox{to: to, done: make(chan struct{})}
	o.changed.L = &o.mu
	go o.send()
	return o
}

func (o *outbox) put(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.err != nil {
		return
	}
	o.waiting = append(append(o.waiting, line...), '\n')
	o.changed.Signal()
}

// close sends what waits and returns the writer's error.
func (o *outbox) close() error {
	o.mu.Lock()
	o.closed = true
	o.changed.Signal()
	o.mu.Unlock()
	<-o.done
	return o.err
}

func (o *outbox) send() {
	defer close(o.done)
	for {
		lines, ok := o.take()
		if !ok {
			return
		}
		if _, err := o.to.Write(lines); err != nil {
			o.mu.Lock()
			o.err = err
			o.mu.Unlock()
			return
		}
	}
}

// take waits for lines; false at the end.
func (o *outbox) take() ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 && !o.closed {
		o.changed.Wait()
	}
	lines := o.waiting
	o.waiting = nil
	return lines, len(lines) > 0
}
