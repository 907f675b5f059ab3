package virtioconsole

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// Events of control messages (5.3.6.2), without VIRTIO_CONSOLE_.
const (
	deviceReady = 0
	portAdd     = 1
	portRemove  = 2
	portReady   = 3
	consolePort = 4
	resize      = 5
	portOpen    = 6
	portName    = 7
)

// controlLen is the length of struct virtio_console_control: id, event, value. A name follows it in PORT_NAME, a size in RESIZE.
const controlLen = 8

// maxPending bounds the messages that wait for the guest's buffers. One that asks and asks, and takes no answer, loses answers.
const maxPending = 4 * limitPorts

// An outbox holds control messages until the guest has a buffer for them. Any goroutine may put.
type outbox struct {
	mu      sync.Mutex
	pending [][]byte
	more    chan struct{} // has room for one
}

// put appends a message.
func (o *outbox) put(port uint32, event, value uint16, tail string) {
	m := binary.LittleEndian.AppendUint32(nil, port)
	m = binary.LittleEndian.AppendUint16(m, event)
	m = binary.LittleEndian.AppendUint16(m, value)
	m = append(m, tail...)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.pending) == maxPending {
		return
	}
	o.pending = append(o.pending, m)
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// take returns all that waits.
func (o *outbox) take() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.pending
	o.pending = nil
	return all
}

// sendControl serves the queue from which the guest receives control messages.
func (l *life) sendControl(ctx context.Context, q *virtio.Queue) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.out.more:
		}
		for _, m := range l.out.take() {
			c, err := q.Next(ctx)
			if err != nil {
				return err
			}
			q.Use(c, uint32(iovec.Scatter(c.Write, 0, m)))
		}
	}
}

// receiveControl serves the queue through which the guest sends control messages. It waits for nothing else: Linux spins with
// a lock held until its message has been used.
func (l *life) receiveControl(ctx context.Context, q *virtio.Queue) error {
	for {
		c, err := q.Next(ctx)
		if err != nil {
			return err
		}
		var m [controlLen]byte
		// A short message is ignored, as by QEMU's handle_control_message.
		if iovec.Gather(m[:], c.Read, 0) == controlLen {
			l.control(binary.LittleEndian.Uint32(m[:]), binary.LittleEndian.Uint16(m[4:]), binary.LittleEndian.Uint16(m[6:]))
		}
		q.Use(c, 0)
	}
}

// control acts on one message. A driver that failed says so by the value 0, and there is nothing to do then. Ports that do not
// exist and events that a driver does not send are ignored, as by QEMU.
func (l *life) control(port uint32, event, value uint16) {
	if event == deviceReady {
		if value != 0 {
			l.listPorts()
		}
		return
	}
	pl := l.port(port)
	switch {
	case pl == nil:
	case event == portReady && value != 0:
		pl.introduce()
	case event == portOpen && value != 0:
		pl.guestOpened()
	case event == portOpen:
		pl.guestClosed()
	}
}
