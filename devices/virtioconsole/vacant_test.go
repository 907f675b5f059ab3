package virtioconsole

import (
	"runtime/pprof"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestWhatIsSentWhereThereIsNoPortComesBack(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		d := start(t, Config{Features: f, MaxPorts: 4})
		for _, number := range []uint32{0, 1, 3, 3} {
			q := receiveQueue(number) + 1
			d.send(q, []byte("nobody hears this"))
			if u := d.Queue(q).Wait(patience); u.Len != 0 {
				t.Errorf("port %d: the device says that it wrote %d bytes", number, u.Len)
			}
		}
		p := NewPort("p", 3)
		if err := d.dev.Add(p); err != nil {
			t.Fatal(err)
		}
		d.send(receiveQueue(3)+1, []byte("heard"))
		b := make([]byte, 8)
		if n, err := p.Read(b); string(b[:n]) != "heard" || err != nil {
			t.Errorf("read %q, %v", b[:n], err)
		}
		d.Queue(receiveQueue(3) + 1).Wait(patience)
		d.dev.Remove(p)
		d.send(receiveQueue(3)+1, []byte("not any more"))
		d.Queue(receiveQueue(3) + 1).Wait(patience)
	})
}

func TestAQueueWithoutAPortHoldsNoThread(t *testing.T) {
	before := pprof.Lookup("threadcreate").Count()
	start(t, Config{MaxPorts: 200})
	if n := pprof.Lookup("threadcreate").Count() - before; n > 100 {
		t.Errorf("%d threads were made for 200 numbers without a port", n)
	}
}

func TestADriverWithoutMultiportMayUseControlMessagesAllTheSame(t *testing.T) {
	d := startWith(t, Config{Ports: []*Port{NewPort("p", 2), NewConsole("", AnyNumber)}}, single)
	d.say(0, deviceReady, 1)
	d.expect(message{2, portAdd, 1, ""}, message{0, portAdd, 1, ""}) // in the order in which they were added
	d.say(2, portReady, 1)
	d.expect(message{2, portName, 1, "p\x00"}, message{2, portOpen, 1, ""})
	d.say(2, portOpen, 1)
	d.post(2, 8)
	if _, err := d.dev.port(2).Write([]byte("input")); err != nil {
		t.Error(err)
	}
	if got := d.received(2); got != "input" {
		t.Errorf("the guest read %q", got)
	}
}

func TestAQueueWhosePortIsGoneIsAsleep(t *testing.T) {
	p := NewPort("p", 1)
	d := start(t, Config{Ports: []*Port{p}, MaxPorts: 2})
	d.connect(p)
	d.dev.Remove(p)
	transmit := receiveQueue(1) + 1
	for range 3 {
		d.send(transmit, []byte("not any more"))
		d.Queue(transmit).Wait(patience)
		d.used(transmit) // time in which one that is awake goes around a lot
	}
	if n := d.Session.Queue(transmit).Stats().Kicks; n > 100 {
		t.Errorf("it woke %d times for three buffers", n)
	}
}
