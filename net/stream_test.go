package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// newStream is a stream and the other end of its socket, which blocks.
func newStream(t testing.TB) (*Stream, int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewStream(fds[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Close(fds[1])
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, fds[1]
}

func framed(frames ...[]byte) (b []byte) {
	for _, f := range frames {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
	}
	return b
}

func all([]byte) bool { return true }

func TestFramesAreFoundInPiecesOfAnySize(t *testing.T) {
	sent := [][]byte{pattern(60), {}, pattern(1514), pattern(1), {}, {}, pattern(3000)}
	wire := framed(sent...)
	for _, piece := range []int{1, 2, 3, 4, 5, 63, 64, 65, 1000, len(wire)} {
		s, far := newStream(t)
		var got [][]byte
		for rest := wire; len(rest) > 0; {
			n := min(piece, len(rest))
			if _, err := unix.Write(far, rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			for {
				buf := make([]byte, 4000)
				n, err := s.Links()[0].Receive(iov(buf[:9], buf[9:]))
				if err == ErrWouldBlock {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, buf[:n])
			}
		}
		want := [][]byte{sent[0], sent[2], sent[3], sent[6]}
		if !bytes.Equal(framed(got...), framed(want...)) {
			t.Errorf("pieces of %d: %d frames, want %d", piece, len(got), len(want))
		}
	}
}

func TestThePollTellsOfEveryFrame(t *testing.T) {
	s, far := newStream(t)
	if _, err := unix.Write(far, framed(pattern(60), pattern(70), pattern(80))); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{60, 70, 80} {
		if err := waitReadable(s.Links()[0].FD(), 0); err != nil {
			t.Fatalf("before the frame of %d bytes: %v", size, err)
		}
		buf := make([]byte, 100)
		if n, err := s.Links()[0].Receive(iov(buf)); n != size || err != nil {
			t.Fatalf("%d bytes, %v; want %d", n, err, size)
		}
	}
}

func TestAFrameThatTheSocketTakesInPartArrivesWhole(t *testing.T) {
	s, far := newStream(t)
	if err := unix.SetsockoptInt(s.Links()[0].FD(), unix.SOL_SOCKET, unix.SO_SNDBUF, 8000); err != nil {
		t.Fatal(err)
	}
	l, frame, sent := s.Links()[0], pattern(65000), 0
	for l.Send(iov(frame[:10], frame[10:])) == nil {
		sent++
	}
	if sent == 0 {
		t.Fatal("no frame went out")
	}
	want := bytes.Repeat(framed(frame), sent)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(fdReader(far), got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d frames: %v, same bytes: %v", sent, err, bytes.Equal(got, want))
	}
	if err := l.Send(iov(frame[:60])); err != nil {
		t.Errorf("Send after the socket has room: %v", err)
	}
}

type fdReader int

func (fd fdReader) Read(b []byte) (int, error) { return unix.Read(int(fd), b) }

func TestAStreamThatIsNotFramesEndsAndSaysSo(t *testing.T) {
	s, far := newStream(t)
	if _, err := unix.Write(far, []byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, _, err := next(s.Links()[0], 0, all)
		if !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "1195725856 bytes") {
			t.Errorf("error %v", err)
		}
	}
}

func TestTheEndOfAStreamIsToldToBothDirections(t *testing.T) {
	for _, c := range []struct {
		before []byte
		want   string
	}{{nil, "EOF"}, {framed(pattern(60))[:30], "ended inside a frame"}, {[]byte{0, 0}, "ended inside a frame"}} {
		s, far := newStream(t)
		if _, err := unix.Write(far, c.before); err != nil {
			t.Fatal(err)
		}
		unix.Shutdown(far, unix.SHUT_RDWR)
		if _, _, err := next(s.Links()[0], 0, all); !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Receive: %v, want %s", err, c.want)
		}
		if err := s.Links()[0].Send(iov(pattern(60))); err != io.EOF {
			t.Errorf("Send: %v", err)
		}
	}
}

func TestFramesThatAStreamCannotCarryAreRefused(t *testing.T) {
	s, _ := newStream(t)
	for _, frame := range [][]unix.Iovec{nil, iov(make([]byte, MaxFrame+1))} {
		if s.Links()[0].Send(frame) == nil {
			t.Errorf("a frame of %d vectors went out", len(frame))
		}
	}
	if s.SetHeader(12) == nil || s.SetOffload(OffloadCsum) == nil || s.SetQueues(2) == nil {
		t.Error("a stream has no headers, no offloads and one queue")
	}
}

func TestOnlyAStreamCanBeAStream(t *testing.T) {
	a, b, err := SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(b)
	if _, err := NewStream(a); err == nil || !strings.Contains(err.Error(), "must be a stream") {
		t.Errorf("a packet socket: %v", err)
	}
	pipe := make([]int, 2)
	if err := unix.Pipe(pipe); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[1])
	if _, err := NewStream(pipe[0]); err == nil || !strings.Contains(err.Error(), "neither a socket") {
		t.Errorf("a pipe: %v", err)
	}
}

func TestAStreamMovesFramesWithoutAllocating(t *testing.T) {
	s, far := newStream(t)
	wire, buf := framed(pattern(1514)), make([]byte, 2000)
	v, r := iov(wire[:100], wire[100:]), iov(buf)
	if n := testing.AllocsPerRun(100, func() {
		unix.Write(far, wire)
		if n, err := s.Links()[0].Receive(r); n != 1514 || err != nil {
			t.Fatal(n, err)
		}
		if err := s.Links()[0].Send(v); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(wire)+lengthSize; {
			k, _ := unix.Read(far, buf)
			n += k
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestNothingComesFromNowhere(t *testing.T) {
	n, err := NewNull()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for range 10000 {
		if err := n.Links()[0].Send(iov(pattern(1514))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Links()[0].Receive(iov(make([]byte, 100))); err != ErrWouldBlock {
		t.Errorf("Receive: %v", err)
	}
}
