package virtioconsole

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// patience is far more than anything here takes.
const patience = 10 * time.Second

// bufferLen is the size of the buffers that the driver posts to receive; Linux posts pages.
const bufferLen = 64

// A driver is the guest's side of a device, as Linux's virtio_console does it.
type driver struct {
	*virtiotest.Harness
	t     *testing.T
	dev   *Device
	posts map[uint16]uint64 // buffers by head, of the queue for control messages
	rx    map[int]map[uint16]uint64
}

// message is a control message.
type message struct {
	port         uint32
	event, value uint16
	name         string
}

func (m message) String() string {
	return fmt.Sprintf("port %d event %d value %d %q", m.port, m.event, m.value, m.name)
}

func start(t *testing.T, c Config) *driver {
	t.Helper()
	f := c.Features
	if f == (virtio.Features{}) {
		f = DefaultFeatures
	}
	return startWith(t, c, f.Minus(legacyOnly))
}

// startWith starts a driver that accepts f.
func startWith(t *testing.T, c Config, f virtio.Features) *driver {
	t.Helper()
	dev, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, dev: dev, Harness: virtiotest.Start(t, dev, f, virtiotest.Options{RAM: 8 << 20})}
	d.begin()
	return d
}

// begin posts buffers for control messages.
func (d *driver) begin() {
	d.posts, d.rx = make(map[uint16]uint64), make(map[int]map[uint16]uint64)
	for range 16 {
		d.postControl()
	}
	d.Queue(controlReceiveQueue).Kick()
}

func (d *driver) postControl() {
	gpa := d.RAM.Alloc(bufferLen, 8)
	d.posts[d.Queue(controlReceiveQueue).Add(virtiotest.Writable(gpa, bufferLen))] = gpa
}

// say sends a control message and waits until it has been used.
func (d *driver) say(port uint32, event, value uint16) {
	d.t.Helper()
	m := binary.LittleEndian.AppendUint32(nil, port)
	m = binary.LittleEndian.AppendUint16(m, event)
	d.send(controlTransmitQueue, binary.LittleEndian.AppendUint16(m, value))
	d.Queue(controlTransmitQueue).Wait(patience)
}

// hear returns the next control message.
func (d *driver) hear() message {
	d.t.Helper()
	q := d.Queue(controlReceiveQueue)
	u := q.Wait(patience)
	b := d.RAM.Bytes(d.posts[u.Head], int(u.Len))
	d.postControl()
	q.Kick()
	return message{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), string(b[8:])}
}

// expect hears messages and compares them.
func (d *driver) expect(want ...message) {
	d.t.Helper()
	for _, w := range want {
		if got := d.hear(); got != w {
			d.t.Errorf("got message %v, want %v", got, w)
		}
	}
}

// send makes bytes available on a queue.
func (d *driver) send(queue int, b []byte) {
	d.Queue(queue).Add(virtiotest.Readable(d.RAM.Put(b), len(b)))
	d.Queue(queue).Kick()
}

// post makes a buffer for n bytes available on a port's queue.
func (d *driver) post(port uint32, n int) {
	q := receiveQueue(port)
	gpa := d.RAM.Alloc(n, 8)
	if d.rx[q] == nil {
		d.rx[q] = make(map[uint16]uint64)
	}
	d.rx[q][d.Queue(q).Add(virtiotest.Writable(gpa, n))] = gpa
	d.Queue(q).Kick()
}

// received waits for a used buffer of a port and returns its bytes.
func (d *driver) received(port uint32) string {
	d.t.Helper()
	q := receiveQueue(port)
	u := d.Queue(q).Wait(patience)
	return string(d.RAM.Bytes(d.rx[q][u.Head], int(u.Len)))
}

// used reports whether the device has used something of a queue that has not been waited for, after giving it time to.
func (d *driver) used(queue int) bool {
	time.Sleep(20 * time.Millisecond)
	return d.Queue(queue).Pending() > 0
}

// connect goes through the exchange after which a program in the guest has the port open.
func (d *driver) connect(p *Port) {
	d.t.Helper()
	d.say(0, deviceReady, 1)
	d.expect(message{p.number, portAdd, 1, ""})
	d.say(p.number, portReady, 1)
	d.expect(message{p.number, portName, 1, p.name + "\x00"}, message{p.number, portOpen, 1, ""})
	d.say(p.number, portOpen, 1)
}

// features of a driver without multiport.
var single = virtio.FeaturesOf(virtio.Version1)

// onRings runs a test on each kind of ring that a driver can choose.
func onRings(t *testing.T, test func(t *testing.T, f virtio.Features)) {
	for name, f := range map[string]virtio.Features{
		"split": DefaultFeatures, "packed": DefaultFeatures.With(virtio.RingPacked),
		"packed in order": DefaultFeatures.With(virtio.RingPacked, virtio.InOrder),
	} {
		t.Run(name, func(t *testing.T) { test(t, f) })
	}
}
