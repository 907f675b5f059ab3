package net

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// wait is far more than anything here takes, on a machine full of other work too.
const wait = time.Minute

func iov(parts ...[]byte) []unix.Iovec {
	var v []unix.Iovec
	for _, p := range parts {
		v = append(v, unix.Iovec{Base: &p[0], Len: uint64(len(p))})
	}
	return v
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func newPipe(t testing.TB, o Offload, queues int) (*Memory, *Peer) {
	t.Helper()
	m, p, err := Pipe(o, queues)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m, p
}

func TestAFrameIsScatteredInOrderAfterItsHeader(t *testing.T) {
	for _, header := range []int{0, 10, 12, 20, 24} {
		m, p := newPipe(t, OffloadCsum|OffloadTSO4, 1)
		if err := m.SetHeader(header); err != nil {
			t.Fatal(err)
		}
		if err := m.SetOffload(OffloadCsum | OffloadTSO4); err != nil {
			t.Fatal(err)
		}
		frame, hdr := pattern(65549), []byte{needsCsum, gsoTCPv4, 54, 0, 0xb4, 5, 34, 0, 16, 0}
		if err := p.Send(0, hdr, frame); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 70000)
		n, err := m.Links()[0].Receive(iov(got[:5], got[5:11], got[11:4000], got[4000:]))
		if err != nil || n != header+len(frame) {
			t.Fatalf("header %d: received %d bytes, %v", header, n, err)
		}
		want := append(append([]byte{}, hdr...), make([]byte, maxHeader)...)[:header]
		if !bytes.Equal(got[:header], want) || !bytes.Equal(got[header:n], frame) {
			t.Errorf("header %d: other bytes than were sent", header)
		}
	}
}

func TestAFrameIsGatheredAndTheHeaderTakenOff(t *testing.T) {
	m, p := newPipe(t, OffloadCsum, 2)
	if err := m.SetHeader(12); err != nil {
		t.Fatal(err)
	}
	hdr, frame := pattern(12), pattern(1514)
	if err := m.Links()[1].Send(iov(hdr[:3], hdr[3:], frame[:14], frame[14:])); err != nil {
		t.Fatal(err)
	}
	h, f, err := p.Receive(1, wait)
	if err != nil || !bytes.Equal(h, hdr) || !bytes.Equal(f, frame) {
		t.Errorf("header % x, %d bytes, %v", h, len(f), err)
	}
}

func TestNeitherEndBlocks(t *testing.T) {
	m, p := newPipe(t, 0, 1)
	buf := make([]byte, 2000)
	if _, err := m.Links()[0].Receive(iov(buf)); err != ErrWouldBlock {
		t.Errorf("Receive of nothing: %v", err)
	}
	if _, _, err := p.Receive(0, 0); err != ErrWouldBlock {
		t.Errorf("Peer.Receive of nothing: %v", err)
	}
	for range 1 << 20 {
		if err := m.Links()[0].Send(iov(buf)); err != nil {
			if err != ErrWouldBlock {
				t.Errorf("Send into a full link: %v", err)
			}
			return
		}
	}
	t.Error("the link is never full")
}

func TestAPeerDoesNotSendWhatTheGuestDoesNotAccept(t *testing.T) {
	m, p := newPipe(t, OffloadCsum|OffloadTSO4|OffloadUSO6, 1)
	gso := make([]byte, 12)
	gso[hdrFlags], gso[hdrGSOType] = needsCsum, gsoTCPv4
	if err := p.Send(0, gso, pattern(60)); err == nil {
		t.Error("a TSO frame went to a guest that takes none")
	}
	if err := m.SetOffload(OffloadCsum | OffloadUSO6); err != nil {
		t.Fatal(err)
	}
	if err := p.Send(0, gso, pattern(60)); err == nil {
		t.Error("a TSO frame went to a guest that takes only checksums")
	}
	gso[hdrGSOType] = gsoUDPL4
	if err := p.Send(0, gso, pattern(60)); err != nil {
		t.Errorf("USO6 is accepted: %v", err)
	}
	if err := m.SetOffload(OffloadUFO); err == nil {
		t.Error("SetOffload took what the netdev cannot carry")
	}
}

func TestADetachedQueueReceivesNothing(t *testing.T) {
	m, p := newPipe(t, 0, 2)
	if err := m.SetQueues(1); err != nil {
		t.Fatal(err)
	}
	if err := p.Send(1, nil, pattern(60)); err != ErrDetached {
		t.Errorf("Send to a detached queue: %v", err)
	}
	for _, n := range []int{0, 3, -1} {
		if m.SetQueues(n) == nil {
			t.Errorf("SetQueues(%d) worked on a netdev of 2", n)
		}
	}
}

func TestHeadersAreRefusedWhereTheyCannotBe(t *testing.T) {
	plain, _ := newPipe(t, 0, 1)
	full, _ := newPipe(t, OffloadCsum, 1)
	if plain.SetHeader(0) != nil || plain.SetHeader(12) == nil {
		t.Error("a netdev without offloads has no header")
	}
	for _, n := range []int{-1, 1, 11, 13, 4096} {
		if full.SetHeader(n) == nil {
			t.Errorf("SetHeader(%d) worked", n)
		}
	}
}

func TestCloseEndsAPoll(t *testing.T) {
	m, _ := newPipe(t, 0, 1)
	l := m.Links()[0]
	done := make(chan error, 1)
	go func() {
		err := waitReadable(l.FD(), wait)
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; errors.Is(err, ErrWouldBlock) {
		t.Error("the poll went on to its time-out")
	}
	if _, err := l.Receive(iov(make([]byte, 10))); err != io.EOF {
		t.Errorf("Receive after Close: %v", err)
	}
}

func TestAQueueWhoseFarEndIsGoneGivesWhatWaitsAndThenEOF(t *testing.T) {
	m, p := newPipe(t, 0, 2)
	if err := p.Send(1, nil, pattern(60)); err != nil {
		t.Fatal(err)
	}
	if err := p.End(1); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, err := m.Links()[1].Receive(iov(buf)); n != 60 || err != nil {
		t.Errorf("the frame that waited: %d bytes, %v", n, err)
	}
	if _, err := m.Links()[1].Receive(iov(buf)); err != io.EOF {
		t.Errorf("then %v", err)
	}
	if _, err := m.Links()[0].Receive(iov(buf)); err != ErrWouldBlock {
		t.Errorf("the other queue: %v", err)
	}
	if err := p.End(2); err == nil {
		t.Error("a queue that is not there ended")
	}
}

func TestMovingAFrameAllocatesNothing(t *testing.T) {
	m, _ := newPipe(t, OffloadCsum, 1)
	buf := pattern(1514)
	v, r := iov(buf[:12], buf[12:]), iov(make([]byte, 2000))
	far := &fdLink{m.theirs[0]}
	if n := testing.AllocsPerRun(100, func() {
		if err := m.Links()[0].Send(v); err != nil {
			t.Fatal(err)
		}
		if _, err := far.Receive(r); err != nil {
			t.Fatal(err)
		}
		if _, err := far.Receive(r); err != ErrWouldBlock {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
