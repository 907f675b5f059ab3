package net

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// newStreams is a netdev of so many pairs, and the other ends.
func newStreams(t *testing.T, pairs int) (*Streams, []*Stream) {
	t.Helper()
	var ours []int
	var theirs []*Stream
	for range pairs {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		far, err := NewStream(fds[1])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = far.Close() })
		ours, theirs = append(ours, fds[0]), append(theirs, far)
	}
	s, err := NewStreams(ours...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, theirs
}

func frameOf(t *testing.T, l Link) []byte {
	t.Helper()
	_, frame, err := next(l, 0, all)
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

func TestEachPairOfStreamsIsALinkOfItsOwn(t *testing.T) {
	s, far := newStreams(t, 3)
	for i, l := range s.Links() {
		if err := l.Send(iov(pattern(60 + i))); err != nil {
			t.Fatal(err)
		}
		if got := frameOf(t, far[i].Links()[0]); !bytes.Equal(got, pattern(60+i)) {
			t.Errorf("pair %d: %d bytes arrived", i, len(got))
		}
		if err := far[i].Links()[0].Send(iov(pattern(70 + i))); err != nil {
			t.Fatal(err)
		}
		if got := frameOf(t, l); !bytes.Equal(got, pattern(70+i)) {
			t.Errorf("pair %d: %d bytes came", i, len(got))
		}
	}
}

func TestTheOtherEndHearsHowManyPairsAreInUse(t *testing.T) {
	s, far := newStreams(t, 4)
	for _, n := range []int{4, 1, 3} {
		if err := s.SetQueues(n); err != nil {
			t.Fatal(err)
		}
		frame := frameOf(t, far[0].Links()[0])
		if got, said := TakeQueues(frame); !said || got != n {
			t.Errorf("%x says %d, %v; want %d", frame, got, said, n)
		}
	}
	for _, n := range []int{0, 5} {
		if err := s.SetQueues(n); err == nil {
			t.Errorf("%d of 4 pairs are in use", n)
		}
	}
	if _, said := TakeQueues(pattern(60)); said {
		t.Error("a frame says how many pairs are in use")
	}
}

func TestAGuestCannotSayHowManyPairsAreInUse(t *testing.T) {
	s, _ := newStreams(t, 2)
	for _, size := range []int{1, queuesSize, etherHeader - 1} {
		if err := s.Links()[0].Send(iov(pattern(size))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a frame of %d bytes: %v", size, err)
		}
	}
	if err := s.Links()[0].Send(iov(pattern(etherHeader))); err != nil {
		t.Error(err)
	}
}

func TestTheWordWaitsForRoom(t *testing.T) {
	s, far := newStreams(t, 2)
	frame := iov(pattern(60000))
	sent := 0
	for s.Links()[0].Send(frame) == nil {
		sent++
	}
	told := make(chan error, 1)
	go func() { told <- s.SetQueues(2) }()
	for range sent {
		if got := frameOf(t, far[0].Links()[0]); len(got) != 60000 {
			t.Fatalf("a frame of %d bytes", len(got))
		}
	}
	if n, said := TakeQueues(frameOf(t, far[0].Links()[0])); !said || n != 2 {
		t.Errorf("it says %d, %v", n, said)
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
}

func TestStreamsWhoseOtherEndIsGoneSaySo(t *testing.T) {
	s, far := newStreams(t, 2)
	if err := far[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.SetQueues(2); !errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
}

func TestStreamsOwnTheirDescriptorsAlsoWhereTheyFail(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[1])
	if _, err := NewStreams(fds[0], 1<<20); err == nil {
		t.Fatal("a descriptor that is not open is a stream")
	}
	if n, err := unix.Read(fds[1], make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("the first is open still: %d, %v", n, err)
	}
	if _, err := NewStreams(); err == nil {
		t.Error("a netdev without streams")
	}
}
