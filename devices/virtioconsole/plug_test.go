package virtioconsole

import (
	"bytes"
	"io"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestAPortThatIsAddedWhileTheDriverRunsIsAnnouncedAndWorks(t *testing.T) {
	d := start(t, Config{Ports: []*Port{NewPort("first", 0)}})
	d.connect(d.dev.ports[0])
	p := NewPort("late", 0)
	if err := d.dev.Add(p); err != nil {
		t.Fatal(err)
	}
	<-d.ConfigChanged()
	d.expect(message{2, portAdd, 1, ""})
	d.say(2, portReady, 1)
	d.expect(message{2, portName, 1, "late\x00"}, message{2, portOpen, 1, ""})
	d.say(2, portOpen, 1)
	d.send(receiveQueue(2)+1, []byte("x"))
	if _, err := io.ReadFull(p, make([]byte, 1)); err != nil {
		t.Error(err)
	}
	d.Queue(receiveQueue(2) + 1).Wait(patience)
}

func TestAPortThatIsAddedBeforeTheDriverAsksIsAnnouncedOnce(t *testing.T) {
	d := start(t, Config{})
	if err := d.dev.Add(NewPort("p", 0)); err != nil {
		t.Fatal(err)
	}
	d.say(0, deviceReady, 1)
	d.expect(message{1, portAdd, 1, ""})
	if d.used(controlReceiveQueue) {
		t.Errorf("and then: %v", d.hear())
	}
}

func TestAPortThatIsRemovedIsNoLongerThereAndItsNumberIsFree(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		d.connect(p)
		d.send(receiveQueue(1)+1, []byte("nobody reads this"))
		d.dev.Remove(p)
		d.dev.Remove(p) // which changes nothing
		d.expect(message{1, portRemove, 1, ""})
		d.Queue(receiveQueue(1) + 1).Wait(patience) // its bytes are lost
		if _, err := p.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read of a port that was removed: %v", err)
		}
		d.say(1, portOpen, 0) // as Linux may still say
		q := NewPort("q", 0)
		if err := d.dev.Add(q); err != nil {
			t.Fatal(err)
		}
		d.expect(message{1, portAdd, 1, ""})
		d.say(1, portReady, 1)
		d.expect(message{1, portName, 1, "q\x00"}, message{1, portOpen, 1, ""})
		d.say(1, portOpen, 1)
		d.send(receiveQueue(1)+1, []byte("y"))
		b := make([]byte, 1)
		if _, err := q.Read(b); err != nil || b[0] != 'y' {
			t.Errorf("read %q, %v", b, err)
		}
		d.Queue(receiveQueue(1) + 1).Wait(patience)
	})
}

func TestAPortThatIsAddedIsThereForTheNextDriver(t *testing.T) {
	d := start(t, Config{})
	if err := d.dev.Add(NewPort("p", 0)); err != nil {
		t.Fatal(err)
	}
	d.Reset(d.Session.Features)
	d.begin()
	d.connect(d.dev.ports[0])
}

func TestASlowReaderStopsItsOwnPortOnly(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		slow, quick := NewPort("slow", 0), NewPort("quick", 0)
		d := start(t, Config{Features: f, Ports: []*Port{slow, quick}})
		d.say(0, deviceReady, 1)
		d.expect(message{1, portAdd, 1, ""}, message{2, portAdd, 1, ""})
		for _, number := range []uint32{1, 2} {
			d.say(number, portOpen, 1)
			d.send(receiveQueue(number)+1, []byte("text"))
		}
		b := make([]byte, 4)
		if _, err := io.ReadFull(quick, b); err != nil || !bytes.Equal(b, []byte("text")) {
			t.Errorf("read %q, %v", b, err)
		}
		d.Queue(receiveQueue(2) + 1).Wait(patience)
		if n := d.Queue(receiveQueue(1) + 1).Pending(); n != 0 {
			t.Error("what nobody has read was used")
		}
		if _, err := io.ReadFull(slow, b); err != nil {
			t.Error(err)
		}
		d.Queue(receiveQueue(1) + 1).Wait(patience)
	})
}
