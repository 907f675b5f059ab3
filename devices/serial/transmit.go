package serial

import "io"

// backlog is how many bytes the guest may be ahead of the host. From there on THRE is off until there is room for a whole
// FIFO again: a driver sends sixteen bytes for each time that it sees THRE.
const backlog = 64 << 10

// A transmitter carries bytes to a writer in a goroutine, all that have gathered in one write: a vCPU waits for a lock only,
// and a guest that prints much makes few system calls.
type transmitter struct {
	queue []byte // to be written; guarded by UART.mu
	spare []byte // what the goroutine wrote last, to be filled again
	done  chan struct{}
	err   error // first error of the writer; owned by the goroutine until done is closed
}

func (t *transmitter) start(u *UART, w io.Writer) {
	if w == nil {
		w = io.Discard
	}
	t.done = make(chan struct{})
	t.queue = make([]byte, 0, backlog)
	t.spare = make([]byte, 0, backlog)
	go t.run(u, w)
}

// ready says whether THR is empty.
func (t *transmitter) ready() bool { return len(t.queue) <= backlog-fifoSize }

// run writes until the UART is closed and the queue is empty. After an error of the writer it goes on to take bytes away: the
// guest must not hang because somebody closed a terminal.
func (t *transmitter) run(u *UART, w io.Writer) {
	defer close(t.done)
	for {
		batch := t.next(u)
		if batch == nil {
			return
		}
		if t.err != nil {
			continue
		}
		_, t.err = w.Write(batch)
	}
}

// next takes all that is queued, or nil at the end.
func (t *transmitter) next(u *UART) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(t.queue) == 0 {
		if u.closed {
			return nil
		}
		u.changed.Wait()
	}
	full := !t.ready()
	batch := t.queue
	t.queue, t.spare = t.spare[:0], batch
	if full {
		u.thre = true
		u.interrupt()
		u.changed.Broadcast()
	}
	return batch
}

// transmit writes THR.
func (u *UART) transmit(v byte) {
	if u.mcr&mcrLoop != 0 {
		u.loop(v)
		return
	}
	for len(u.out.queue) == backlog && !u.closed {
		u.changed.Wait() // this guest does not look at LSR
	}
	if u.closed {
		return
	}
	u.out.queue = append(u.out.queue, v)
	if len(u.out.queue) == 1 {
		u.changed.Broadcast()
	}
	u.thre = u.out.ready()
	u.interrupt()
}

// loop is THR in loopback: the byte comes back at once.
func (u *UART) loop(v byte) {
	if u.receive.n == u.room() {
		u.overrun = true
	} else {
		u.receive.put(v)
	}
	u.thre = true
	u.interrupt()
}
