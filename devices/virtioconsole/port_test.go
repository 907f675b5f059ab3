package virtioconsole

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestPortsAreAddedNamedAndOpenedInThatOrder(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		a, b := NewPort("org.a", 0), NewPort("org.b", 0)
		d := start(t, Config{Features: f, Ports: []*Port{a, b}})
		d.say(0, deviceReady, 1)
		d.expect(message{1, portAdd, 1, ""}, message{2, portAdd, 1, ""})
		d.say(2, portReady, 1)
		d.expect(message{2, portName, 1, "org.b\x00"}, message{2, portOpen, 1, ""})
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		d.expect(message{2, portOpen, 0, ""})
		d.say(1, portReady, 1)
		d.expect(message{1, portName, 1, "org.a\x00"}, message{1, portOpen, 1, ""})
	})
}

func TestAFailedOrUnknownOrShortControlMessageGetsNoAnswer(t *testing.T) {
	d := start(t, Config{Ports: []*Port{NewPort("p", 0)}})
	d.say(0, deviceReady, 0)
	d.say(1, portReady, 0)
	d.say(7, portReady, 1)
	d.say(0xffffffff, portOpen, 1)
	d.say(1, 99, 1)
	d.send(controlTransmitQueue, []byte{1, 2, 3})
	d.Queue(controlTransmitQueue).Wait(patience)
	if d.used(controlReceiveQueue) {
		t.Errorf("got %v", d.hear())
	}
}

func TestBytesOfTheGuestAreUsedWhenTheHostHasReadThem(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		d.connect(p)
		tx := receiveQueue(1) + 1
		text := d.RAM.Put([]byte("hello world"))
		d.Queue(tx).Add(virtiotest.Readable(text, 6), virtiotest.Readable(text+6, 5))
		d.Queue(tx).Kick()
		b := make([]byte, 4)
		var got strings.Builder
		for got.Len() < 11 {
			if got.Len() < 9 && d.used(tx) {
				t.Fatalf("used after %q", got.String())
			}
			n, err := p.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			got.Write(b[:n])
		}
		d.Queue(tx).Wait(patience)
		if got.String() != "hello world" {
			t.Errorf("got %q", got.String())
		}
		if s := p.Stats(); s != (PortStats{Sent: 11}) {
			t.Errorf("counted: %+v", s)
		}
	})
}

func TestAWriteOfTheHostWaitsForTheGuestToOpenAndToPostBuffers(t *testing.T) {
	p := NewPort("p", 0)
	d := start(t, Config{Ports: []*Port{p}})
	type written struct {
		n   int
		err error
	}
	done := make(chan written, 1)
	go func() {
		n, err := p.Write([]byte("0123456789"))
		done <- written{n, err}
	}()
	d.post(1, 4)
	if d.used(receiveQueue(1)) {
		t.Fatal("the guest got bytes on a port that it has not opened")
	}
	d.connect(p)
	got := d.received(1)
	d.post(1, 4)
	got += d.received(1)
	select {
	case w := <-done:
		t.Fatalf("Write returned %v, and the guest has 8 bytes of 10", w)
	case <-time.After(20 * time.Millisecond):
	}
	d.post(1, 4)
	got += d.received(1)
	if w := <-done; got != "0123456789" || w.n != 10 || w.err != nil {
		t.Errorf("got %q, Write says %v", got, w)
	}
	if s := p.Stats(); s != (PortStats{Received: 10}) {
		t.Errorf("counted: %+v", s)
	}
}

func TestReadEndsAfterTheLastByteWhenTheGuestHangsUp(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		d.connect(p)
		for _, text := range []string{"one life", "another"} {
			d.send(receiveQueue(1)+1, []byte(text))
			d.say(1, portOpen, 0)
			got, err := io.ReadAll(p)
			if err != nil || string(got) != text {
				t.Errorf("got %q, %v, want %q", got, err, text)
			}
			d.Queue(receiveQueue(1) + 1).Wait(patience)
			d.say(1, portOpen, 1)
		}
	})
}

func TestAResetHangsUpAndTheNextDriverConnectsAgain(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		d.connect(p)
		wrote := make(chan error, 1)
		go func() {
			_, err := p.Write([]byte("nobody takes this"))
			wrote <- err
		}()
		d.post(1, 4)
		d.received(1)
		d.Reset(d.Session.Features)
		if err := <-wrote; !errors.Is(err, ErrHangup) {
			t.Errorf("Write: %v", err)
		}
		if _, err := p.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read: %v", err)
		}
		d.begin()
		d.connect(p)
		d.send(receiveQueue(1)+1, []byte("x"))
		b := make([]byte, 1)
		if _, err := p.Read(b); err != nil || b[0] != 'x' {
			t.Errorf("after the reset: %q, %v", b, err)
		}
		d.Queue(receiveQueue(1) + 1).Wait(patience)
	})
}

func TestCloseEndsCallsThatWaitAndDropsWhatTheGuestSends(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		d.connect(p)
		errs := make(chan error, 2)
		go func() { _, err := p.Read(make([]byte, 1)); errs <- err }()
		go func() { _, err := p.Write(make([]byte, 10)); errs <- err }()
		d.post(1, 4)
		d.received(1)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, os.ErrClosed) {
				t.Errorf("got %v", err)
			}
		}
		d.expect(message{1, portOpen, 0, ""})
		d.send(receiveQueue(1)+1, []byte("dropped"))
		d.Queue(receiveQueue(1) + 1).Wait(patience)
		if err := p.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		if _, err := p.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
	})
}

func TestAGuestThatAsksWithoutTakingAnswersHoldsBoundedMemory(t *testing.T) {
	var out outbox
	for range 2 * maxPending {
		out.put(1, portOpen, 1, "")
	}
	if n := len(out.take()); n != maxPending {
		t.Errorf("%d messages wait", n)
	}
}
