// Package outbox sends lines to somebody who may read slowly, without holding up whoever has something to say.
package outbox

import (
	"io"
	"sync"
)

// An Outbox sends lines in the order in which they were put, from a goroutine of its own. Any goroutine may put.
type Outbox struct {
	to   io.Writer
	done chan struct{}

	mu      sync.Mutex
	changed sync.Cond
	waiting []byte
	closed  bool
	err     error // of the writer; nothing is sent after it
}

// New makes an outbox whose lines go to a writer, until Close.
func New(to io.Writer) *Outbox {
	o := &Outbox{to: to, done: make(chan struct{})}
	o.changed.L = &o.mu
	go o.send()
	return o
}

// Put takes a line without its end. After Close, or an error of the writer, it is dropped.
func (o *Outbox) Put(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.err != nil {
		return
	}
	o.waiting = append(append(o.waiting, line...), '\n')
	o.changed.Signal()
}

// Close sends what waits and returns the writer's error.
func (o *Outbox) Close() error {
	o.mu.Lock()
	o.closed = true
	o.changed.Signal()
	o.mu.Unlock()
	<-o.done
	return o.err
}

func (o *Outbox) send() {
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
func (o *Outbox) take() ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.waiting) == 0 && !o.closed {
		o.changed.Wait()
	}
	lines := o.waiting
	o.waiting = nil
	return lines, len(lines) > 0
}
