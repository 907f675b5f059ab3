package main

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patiently waits for what the kernel does in a moment.
func patiently(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestATapCarriesFramesWithTheirHeaders(t *testing.T) {
	p, queues, err := newTapPeer(1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	machine := queues[0]
	defer machine.Close()
	if p.unread() {
		t.Error("there is something before anything was sent")
	}
	frame := plainShipment(append(bytes.Repeat([]byte{0xff}, 12), append([]byte{0x88, 0xb5}, bytes.Repeat([]byte{7}, 50)...)...)).wire()
	if err := p.send(frame); err != nil {
		t.Fatal(err)
	}
	patiently(t, "what was sent did not come to the tap", p.unread)
	got := make([]byte, 200)
	if n, err := machine.Read(got); err != nil || !bytes.Equal(got[:n], frame) {
		t.Errorf("the machine read %x, %v; want %x", got[:n], err, frame)
	}
	if p.unread() {
		t.Error("what the machine has read is still there")
	}
	if _, err := machine.Write(frame); err != nil {
		t.Fatal(err)
	}
	patiently(t, "what the machine sent did not come", func() bool { return len(p.waiting()) > 0 })
	if got := p.waiting(); len(got) != 1 || !bytes.Equal(got[0], frame) {
		t.Errorf("%x came, want %x", got, frame)
	}
}

func TestTwoTapsAreInNamespacesOfTheirOwn(t *testing.T) {
	var before, after unix.Stat_t
	const namespace = "/proc/self/ns/net"
	if err := unix.Stat(namespace, &before); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p, queues, err := newTapPeer(3)
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		for _, q := range queues {
			defer q.Close()
		}
		if len(queues) != 3 {
			t.Errorf("%d queues, want 3", len(queues))
		}
	}
	if err := unix.Stat(namespace, &after); err != nil || before.Ino != after.Ino {
		t.Errorf("the test is in another namespace than before: %v", err)
	}
}
