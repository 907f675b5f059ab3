package vmm

import (
	"context"
	"time"

	"github.com/drydock-vmm/drydock/devices/serial"
)

// outputGrace is how long a machine that was stopped waits for a writer that takes no output. A guest that ended by itself
// gets all its words out, however long that takes.
const outputGrace = 500 * time.Millisecond

// addSerial makes a serial port and feeds it what it is connected to.
func (m *pc) addSerial(n int, gsi uint32) *serial.UART {
	u := serial.New(m.c.Serial[n].Out, m.accel.line(gsi))
	m.serial = append(m.serial, u)
	m.closing(func() error { return m.drain(n, u) })
	in := m.inputs[n]
	if in == nil {
		return u
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := in.feed(ctx, u); err != nil {
			m.c.Log.Warn().Err(err).Int("port", n).Msg("reading a serial port's input")
		}
	}()
	m.closing(func() error { cancel(); <-done; return nil })
	return u
}

// releaseSerial ends the wait of a CPU for room in the output of a serial port.
func (m *pc) releaseSerial() {
	for _, u := range m.serial {
		go u.Close() // returns when the writer does; drain looks after that
	}
}

// drain closes a port when all that the guest wrote is out.
func (m *pc) drain(n int, u *serial.UART) error {
	closed := make(chan error, 1)
	go func() { closed <- u.Close() }()
	if !m.hurry {
		return <-closed
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(outputGrace):
		m.c.Log.Warn().Int("port", n).Msg("nobody takes a serial port's output: the rest of it is lost")
		return nil
	}
}
