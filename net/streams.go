package net

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Streams is a netdev on another host: each of its queue pairs is a Stream, at whose other end somebody of ours has the netdev itself,
// with headers of 10 bytes if it has any, and does there what is wanted here.
//
// What is wanted goes over the first stream, as a frame that is too short to be one (QEMU's framing has no room for anything else). So no
// link sends such a frame for a guest: it is an error, as on a tap.
type Streams struct {
	streams []*Stream
	links   []Link
	can     Offload
	header  atomic.Int32
	want    Want
}

// A Want is what the other end of Streams hears of SetQueues and SetOffload.
type Want struct {
	Queues  int
	Offload Offload
}

// wantSize is how long a Want is between two ends: the queues in 16 bits and the offloads in 32, the most significant byte first.
const wantSize = 6

func (w Want) encode() []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(w.Queues))
	return binary.BigEndian.AppendUint32(b, uint32(w.Offload))
}

// TakeWant says what is wanted, if that is what has come as a frame of the first link.
func TakeWant(frame []byte) (w Want, is bool) {
	if len(frame) != wantSize {
		return w, false
	}
	return Want{int(binary.BigEndian.Uint16(frame)), Offload(binary.BigEndian.Uint32(frame[2:]))}, true
}

// NewStreams takes over connected stream sockets or character devices, also if it fails. can is what the netdev at the other end can
// carry; 0 if it has no headers.
func NewStreams(can Offload, fds ...int) (*Streams, error) {
	s := &Streams{can: can, want: Want{Queues: len(fds)}}
	var errs []error
	for _, fd := range fds {
		stream, err := NewStream(fd)
		if errs = append(errs, err); err == nil {
			s.streams, s.links = append(s.streams, stream), append(s.links, s.link(stream))
		}
	}
	if len(fds) == 0 {
		errs = append(errs, errors.New("net: streams: at least one"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Streams) link(stream *Stream) Link {
	if s.can == 0 {
		return &bareLink{&stream.link}
	}
	s.header.Store(minHeaderLen)
	return &headedLink{&stream.link, &s.header}
}

func (s *Streams) Links() []Link     { return s.links }
func (s *Streams) Offloads() Offload { return s.can }

// SetHeader is about the links here. As with a tap, there always is a header or never one.
func (s *Streams) SetHeader(n int) error {
	if err := checkHeader(n, s.can != 0); err != nil {
		return err
	}
	if n == 0 && s.can != 0 {
		return errors.New("net: streams: the netdev at the other end has headers: length 0 needs one without")
	}
	s.header.Store(int32(n))
	return nil
}

// SetOffload tells the other end. Frames that are on their way may need more than is accepted now.
func (s *Streams) SetOffload(o Offload) error {
	if err := checkOffload(o, s.can); err != nil {
		return err
	}
	s.want.Offload = o
	return s.say()
}

// SetQueues tells the other end. A frame may be on its way in a stream that is left out now, and wait there for the next time.
func (s *Streams) SetQueues(n int) error {
	if err := checkQueues(n, len(s.links)); err != nil {
		return err
	}
	s.want.Queues = n
	return s.say()
}

// sayPatience bounds the wait for room for what is wanted.
const sayPatience = 5 * time.Second

func (s *Streams) say() error {
	if err := s.streams[0].link.out.say(s.want.encode(), sayPatience); err != nil {
		return fmt.Errorf("net: streams: tell the other end of %d queues, offloads %v: %w", s.want.Queues, s.want.Offload, err)
	}
	return nil
}

func (s *Streams) Close() (err error) {
	for _, stream := range s.streams {
		err = errors.Join(err, stream.Close())
	}
	return err
}

// say sends what is no frame, when there is room.
func (w *streamWriter) say(text []byte, patience time.Duration) error {
	iov := []unix.Iovec{{Base: &text[0], Len: uint64(len(text))}}
	for end := time.Now().Add(patience); ; {
		err := w.write(iov, 1, 0)
		if err != ErrWouldBlock || time.Now().After(end) {
			return err
		}
		room := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLOUT}}
		if _, err := unix.Poll(room, int(patience.Milliseconds())); err != nil && err != unix.EINTR {
			return err
		}
	}
}
