package serial

import (
	"context"
	"errors"
)

const fifoSize = 16

// ErrClosed is what Feed returns after Close.
var ErrClosed = errors.New("serial: closed")

// receiveFIFO holds what the guest has not read yet.
type receiveFIFO struct {
	b     [fifoSize]byte
	first int
	n     int
}

func (r *receiveFIFO) put(v byte) {
	r.b[(r.first+r.n)%fifoSize] = v
	r.n++
}

func (r *receiveFIFO) get() byte {
	v := r.b[r.first]
	r.first = (r.first + 1) % fifoSize
	r.n--
	return v
}

func (r *receiveFIFO) clear() { r.first, r.n = 0, 0 }

// Feed gives the guest p, and waits until it has room for all of it, ctx is done, or the UART is closed. n says how many bytes
// went in. It gives nothing before the guest is ready: RTS (MCR bit 1) or the received-data interrupt is on. Drivers empty
// the FIFO while they start, and what was in it would be lost.
func (u *UART) Feed(ctx context.Context, p []byte) (n int, err error) {
	defer context.AfterFunc(ctx, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.changed.Broadcast()
	})()
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		for n < len(p) && u.accepts() {
			u.receive.put(p[n])
			n++
		}
		u.interrupt()
		switch {
		case n == len(p):
			return n, nil
		case ctx.Err() != nil:
			return n, ctx.Err()
		case u.closed:
			return n, ErrClosed
		}
		u.changed.Wait()
	}
}

// accepts says whether a byte from outside may come in.
func (u *UART) accepts() bool {
	ready := u.mcr&mcrRTS != 0 || u.ier&ierReceived != 0
	return !u.closed && ready && u.mcr&mcrLoop == 0 && u.receive.n < u.room()
}

// room is the size of the receive buffer: one byte until the guest enables the FIFO.
func (u *UART) room() int {
	if u.fcr&fcrEnable != 0 {
		return fifoSize
	}
	return 1
}

// trigger is how many bytes make the received-data interrupt.
func (u *UART) trigger() int {
	if u.fcr&fcrEnable == 0 {
		return 1
	}
	return [...]int{1, 4, 8, 14}[u.fcr>>fcrTrigger]
}

// take reads RBR; an empty one reads zero.
func (u *UART) take() byte {
	if u.receive.n == 0 {
		return 0
	}
	v := u.receive.get()
	u.interrupt()
	if u.receive.n == 0 {
		u.changed.Broadcast() // not for each byte: Feed then fills the whole FIFO at once
	}
	return v
}

// control writes FCR. Switching the FIFO on or off empties it.
func (u *UART) control(v byte) {
	if v&fcrClearReceive != 0 || (v^u.fcr)&fcrEnable != 0 {
		u.receive.clear()
	}
	u.fcr = v & (fcrEnable | 3<<fcrTrigger)
	if u.fcr&fcrEnable == 0 {
		u.fcr = 0
	}
	u.interrupt()
	u.changed.Broadcast()
}
