package vmm

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/drydock-vmm/drydock/devices/serial"
)

// An input is what arrives for a serial port. It outlives a reboot: one goroutine reads for as long as Run lasts, because a
// Read that blocks cannot be taken back, and what it returns at last is for the guest that runs then.
type input struct {
	from   io.Reader
	chunks chan []byte   // closed when from has ended
	done   chan struct{} // closed by stop
	err    error         // why it ended, nil at EOF; set before chunks is closed
	left   []byte        // what a guest before did not take; only feed uses it, one at a time
}

// inputs are those of COM1 and COM2; nil where nothing is connected.
type inputs [2]*input

func openInputs(c *Config) (in inputs) {
	for i, s := range c.Serial {
		if s.In != nil {
			in[i] = &input{from: s.In, chunks: make(chan []byte), done: make(chan struct{})}
			go in[i].read()
		}
	}
	return in
}

func (in inputs) stop() {
	for _, i := range in {
		if i != nil {
			i.stop()
		}
	}
}

func (i *input) read() {
	defer close(i.chunks)
	for {
		b := make([]byte, 512)
		n, err := i.from.Read(b)
		if n > 0 {
			select {
			case i.chunks <- b[:n]:
			case <-i.done:
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				i.err = err
			}
			return
		}
	}
}

// stop ends the goroutine. Where Read neither returns nor has a deadline, it ends with the next byte that comes.
func (i *input) stop() {
	close(i.done)
	from, ok := i.from.(interface{ SetReadDeadline(time.Time) error })
	if !ok || from.SetReadDeadline(time.Now()) != nil {
		return
	}
	for range i.chunks {
	}
	_ = from.SetReadDeadline(time.Time{})
}

// feed gives u what arrives until ctx is done, the UART is closed (both nil) or the reader failed.
func (i *input) feed(ctx context.Context, u *serial.UART) error {
	for {
		if len(i.left) == 0 {
			if more, err := i.wait(ctx); !more {
				return err
			}
		}
		n, err := u.Feed(ctx, i.left)
		i.left = i.left[n:]
		if err != nil {
			return nil
		}
	}
}

// wait is for what arrives. There is no more when ctx is done, and at the reader's end.
func (i *input) wait(ctx context.Context) (more bool, err error) {
	select {
	case b, ok := <-i.chunks:
		if !ok {
			return false, i.err
		}
		i.left = b
		return true, nil
	case <-ctx.Done():
		return false, nil
	}
}
