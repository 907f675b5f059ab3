package virtioconsole

import (
	"context"
	"errors"
	"io"
	stdnet "net"
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// A peer is a backend whose other end the test holds, and who comes and goes as the test says.
type peer struct {
	stdnet.Conn
	mu      sync.Mutex
	here    bool
	changed chan struct{}
}

// newPeer returns a backend and its other end.
func newPeer(t *testing.T) (*peer, stdnet.Conn) {
	ours, theirs := stdnet.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	return &peer{Conn: ours, changed: make(chan struct{})}, theirs
}

func (p *peer) Connected() (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.here, p.changed
}

func (p *peer) set(here bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.here = here
	close(p.changed)
	p.changed = make(chan struct{})
}

// attach connects a port to a backend until the test ends.
func attach(t *testing.T, p *Port, b Backend) {
	detach := p.Attach(b)
	t.Cleanup(func() {
		if err := detach(); err != nil {
			t.Error(err)
		}
	})
}

func TestABackendsPeerIsThePorts(t *testing.T) {
	p := NewPort("p", 0)
	b, theirs := newPeer(t)
	attach(t, p, b)
	d := start(t, Config{Ports: []*Port{p}})
	d.say(0, deviceReady, 1)
	d.expect(message{1, portAdd, 1, ""})
	d.say(1, portReady, 1)
	d.expect(message{1, portName, 1, "p\x00"})
	b.set(true)
	d.expect(message{1, portOpen, 1, ""})
	d.say(1, portOpen, 1)
	for _, life := range []string{"one life", "another"} {
		d.send(receiveQueue(1)+1, []byte(life))
		text := make([]byte, len(life))
		if _, err := io.ReadFull(theirs, text); err != nil || string(text) != life {
			t.Errorf("the peer read %q, %v", text, err)
		}
		d.Queue(receiveQueue(1) + 1).Wait(patience)
		d.post(1, 6)
		if _, err := theirs.Write([]byte("answer")); err != nil {
			t.Fatal(err)
		}
		if got := d.received(1); got != "answer" {
			t.Errorf("the guest read %q", got)
		}
		d.say(1, portOpen, 0)
		d.say(1, portOpen, 1)
	}
	b.set(false)
	d.expect(message{1, portOpen, 0, ""})
}

func TestAConsoleNeitherWaitsForItsBackendNorHearsOfIt(t *testing.T) {
	c := NewConsole("", AnyNumber)
	d := start(t, Config{Ports: []*Port{c}})
	b, theirs := newPeer(t)
	attach(t, c, b)
	for range 3 {
		d.send(1, make([]byte, spoolSize)) // of which nobody reads a byte
		d.Queue(1).Wait(patience)
	}
	if d.used(controlReceiveQueue) {
		t.Errorf("got %v", d.hear())
	}
	if _, err := io.ReadFull(theirs, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
}

func TestWhatAGuestSaidLastComesOutBeforeTheEnd(t *testing.T) {
	c := NewConsole("", AnyNumber)
	d := start(t, Config{Ports: []*Port{c}})
	b, theirs := newPeer(t)
	detach := c.Attach(b)
	d.send(1, []byte("panic"))
	d.Queue(1).Wait(patience)
	got := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(theirs)
		got <- string(text)
	}()
	if err := detach(); err != nil {
		t.Error(err)
	}
	if text := <-got; text != "panic" {
		t.Errorf("%q came out", text)
	}
}

func TestABackendThatEndsLeavesThePortToDropWhatComes(t *testing.T) {
	p := NewPort("p", 0)
	b, theirs := newPeer(t)
	d := start(t, Config{Ports: []*Port{p}})
	b.set(true)
	d.connect(p)
	attach(t, p, b)
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		d.send(receiveQueue(1)+1, []byte("text"))
		d.Queue(receiveQueue(1) + 1).Wait(patience)
	}
	if _, err := b.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the backend says %v", err)
	}
}

func hears(t *testing.T, c stdnet.Conn, want string) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); string(got) != want || err != nil {
		t.Fatalf("the host read %q, %v; want %q", got, err, want)
	}
}

func TestWhatAGuestSendsAfterItHungUpComesOutAsWell(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p := NewPort("p", 0)
		d := start(t, Config{Features: f, Ports: []*Port{p}})
		b, theirs := newPeer(t)
		b.set(true)
		attach(t, p, b)
		d.connect(p)
		d.say(1, portOpen, 0)
		for range 2 {
			d.send(receiveQueue(1)+1, []byte("late"))
			hears(t, theirs, "late")
			d.Queue(receiveQueue(1) + 1).Wait(patience)
			d.Reset(d.Session.Features)
			d.begin()
		}
	})
}

func TestASecondDriverWithoutMultiportIsHeardAsWell(t *testing.T) {
	c := NewConsole("", AnyNumber)
	dev, err := New(Config{Ports: []*Port{c}})
	if err != nil {
		t.Fatal(err)
	}
	b, theirs := newPeer(t)
	attach(t, c, b)
	d := &driver{t: t, dev: dev, Harness: virtiotest.Start(t, dev, single, virtiotest.Options{RAM: 8 << 20})}
	for range 3 {
		d.rx = make(map[int]map[uint16]uint64)
		d.send(1, []byte("hello"))
		hears(t, theirs, "hello")
		d.Queue(1).Wait(patience)
		d.Reset(single)
	}
}

// A leaver is a peer that can leave while nobody reads.
type leaver struct {
	*peer
	gone chan struct{}
}

func (l *leaver) Left(ctx context.Context) bool {
	select {
	case <-l.gone:
		l.set(false)
		return true
	case <-ctx.Done():
		return false
	}
}

func TestWhatAGuestDidNotWantIsGoneWithWhomItCameFrom(t *testing.T) {
	p := NewPort("p", 0)
	inner, theirs := newPeer(t)
	l := &leaver{peer: inner, gone: make(chan struct{})}
	l.set(true)
	attach(t, p, l)
	d := start(t, Config{Ports: []*Port{p}})
	d.say(0, deviceReady, 1)
	d.say(1, portReady, 1)
	d.expect(message{1, portAdd, 1, ""}, message{1, portName, 1, "p\x00"}, message{1, portOpen, 1, ""})
	if _, err := theirs.Write([]byte("stale")); err != nil {
		t.Fatal(err)
	}
	close(l.gone)
	d.expect(message{1, portOpen, 0, ""})
	l.set(true)
	d.expect(message{1, portOpen, 1, ""})
	d.post(1, 16)
	d.say(1, portOpen, 1)
	if _, err := theirs.Write([]byte("fresh")); err != nil {
		t.Fatal(err)
	}
	if got := d.received(1); got != "fresh" {
		t.Errorf("the guest read %q", got)
	}
}
