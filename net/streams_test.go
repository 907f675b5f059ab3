package net

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"golang.org/x/sys/unix"
)

// newStreams is a netdev of so many pairs, and the other ends.
func newStreams(t *testing.T, can Offload, pairs int) (*Streams, []*Stream) {
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
	s, err := NewStreams(can, ours...)
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
	s, far := newStreams(t, 0, 3)
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

func TestTheOtherEndHearsWhatIsWanted(t *testing.T) {
	s, far := newStreams(t, OffloadCsum|OffloadTSO4, 4)
	for _, c := range []struct {
		set  func() error
		want Want
	}{
		{func() error { return s.SetQueues(1) }, Want{1, 0}},
		{func() error { return s.SetOffload(OffloadCsum) }, Want{1, OffloadCsum}},
		{func() error { return s.SetQueues(3) }, Want{3, OffloadCsum}},
		{func() error { return s.SetOffload(0) }, Want{3, 0}},
	} {
		if err := c.set(); err != nil {
			t.Fatal(err)
		}
		frame := frameOf(t, far[0].Links()[0])
		if got, is := TakeWant(frame); !is || got != c.want {
			t.Errorf("%x says %+v, %v; want %+v", frame, got, is, c.want)
		}
	}
	if _, is := TakeWant(pattern(60)); is {
		t.Error("a frame says what is wanted")
	}
}

func TestWhatTheOtherEndCannotIsNotAskedOfIt(t *testing.T) {
	plain, _ := newStreams(t, 0, 4)
	headed, _ := newStreams(t, OffloadCsum, 1)
	for name, err := range map[string]error{
		"no queue": plain.SetQueues(0), "more queues": plain.SetQueues(5), "offloads": plain.SetOffload(OffloadCsum),
		"a header where there is none": plain.SetHeader(12), "none where there is one": headed.SetHeader(0), "other offloads": headed.SetOffload(OffloadTSO4),
		"a length that there is not": headed.SetHeader(11),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if plain.Offloads() != 0 || headed.Offloads() != OffloadCsum {
		t.Error("it can carry something else")
	}
}

func TestAHeaderHasTheLengthThatTheDeviceWants(t *testing.T) {
	s, far := newStreams(t, OffloadCsum, 1)
	wire := append([]byte("0123456789"), pattern(60)...)
	for _, n := range []int{10, 12, 20, 24} {
		if err := s.SetHeader(n); err != nil {
			t.Fatal(err)
		}
		long := append(append([]byte("0123456789"), make([]byte, n-10)...), pattern(60)...)
		for _, cut := range []int{1, 9, 10, 11, n, n + 1} {
			if err := far[0].Links()[0].Send(iov(wire)); err != nil {
				t.Fatal(err)
			}
			got := bytes.Repeat([]byte{0xff}, len(long))
			if err := waitReadable(s.Links()[0].FD(), wait); err != nil {
				t.Fatal(err)
			}
			if k, err := s.Links()[0].Receive(iov(got[:cut], got[cut:])); k != len(long) || err != nil || !bytes.Equal(got, long) {
				t.Errorf("%d bytes of header, cut at %d: %q, %v", n, cut, got, err)
			}
			copy(long[10:n], "hash and number") // what the device says there stays here
			if err := s.Links()[0].Send(iov(long[:cut], long[cut:])); err != nil {
				t.Fatal(err)
			}
			if got := frameOf(t, far[0].Links()[0]); !bytes.Equal(got, wire) {
				t.Errorf("%d bytes of header, cut at %d: %q went out", n, cut, got)
			}
			clear(long[10:n])
		}
	}
}

func TestAFrameThatIsLessThanAHeaderIsLostAlone(t *testing.T) {
	s, far := newStreams(t, OffloadCsum, 1)
	if err := far[0].Links()[0].Send(iov(pattern(9))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := next(s.Links()[0], 0, all); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
	if err := far[0].Links()[0].Send(iov(pattern(70))); err != nil {
		t.Fatal(err)
	}
	if got := frameOf(t, s.Links()[0]); !bytes.Equal(got, pattern(70)) {
		t.Errorf("then %d bytes came", len(got))
	}
}

func TestStreamsWithHeadersMoveFramesWithoutAllocating(t *testing.T) {
	s, far := newStreams(t, OffloadCsum, 1)
	if err := s.SetHeader(12); err != nil {
		t.Fatal(err)
	}
	frame, buf := pattern(1500), make([]byte, 2000)
	v, r := iov(frame[:100], frame[100:]), iov(buf)
	if n := testing.AllocsPerRun(100, func() {
		if err := s.Links()[0].Send(v); err != nil {
			t.Fatal(err)
		}
		if n, err := far[0].Links()[0].Receive(r); n != 1498 || err != nil {
			t.Fatal(n, err)
		}
		if err := far[0].Links()[0].Send(v); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Links()[0].Receive(r); n != 1502 || err != nil {
			t.Fatal(n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestAGuestCannotSayWhatIsWanted(t *testing.T) {
	for _, can := range []Offload{0, OffloadCsum} {
		s, _ := newStreams(t, can, 2)
		least := etherHeader
		if can != 0 {
			least += minHeaderLen
		}
		for _, size := range []int{1, wantSize, least - 1} {
			if err := s.Links()[0].Send(iov(pattern(size))); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("a frame of %d bytes: %v", size, err)
			}
		}
		if err := s.Links()[0].Send(iov(pattern(least))); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsWantedWaitsForRoom(t *testing.T) {
	s, far := newStreams(t, 0, 2)
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
	if w, is := TakeWant(frameOf(t, far[0].Links()[0])); !is || w.Queues != 2 {
		t.Errorf("it says %+v, %v", w, is)
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
}

func TestStreamsWhoseOtherEndIsGoneSaySo(t *testing.T) {
	s, far := newStreams(t, 0, 2)
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
	if _, err := NewStreams(0, fds[0], 1<<20); err == nil {
		t.Fatal("a descriptor that is not open is a stream")
	}
	if n, err := unix.Read(fds[1], make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("the first is open still: %d, %v", n, err)
	}
	if _, err := NewStreams(0); err == nil {
		t.Error("a netdev without streams")
	}
}
