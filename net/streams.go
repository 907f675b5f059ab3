package net

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Streams is a netdev of several queue pairs, each a Stream, whose other end is ours too: it hears by TakeQueues what SetQueues says.
// There are no headers and no offloads.
//
// The word goes over the first stream, as a frame that is too short to be one (QEMU's framing has no room for anything else). So no
// link sends such a frame for a guest: it is an error, as on a tap.
type Streams struct {
	streams []*Stream
	links   []Link
}

// etherHeader is the shortest that a frame can be, as for Linux (ETH_HLEN).
const etherHeader = 14

// queuesSize is how long the word is: the number, the most significant byte first.
const queuesSize = 2

// NewStreams takes over connected stream sockets or character devices. It owns the descriptors, also if it fails.
func NewStreams(fds ...int) (*Streams, error) {
	s := &Streams{}
	var errs []error
	for _, fd := range fds {
		stream, err := NewStream(fd)
		if errs = append(errs, err); err != nil {
			continue
		}
		stream.link.out.least = etherHeader
		s.streams, s.links = append(s.streams, stream), append(s.links, &stream.link)
	}
	if len(fds) == 0 {
		errs = append(errs, errors.New("net: streams: at least one"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Streams) Links() []Link              { return s.links }
func (s *Streams) Offloads() Offload          { return 0 }
func (s *Streams) SetHeader(n int) error      { return checkHeader(n, false) }
func (s *Streams) SetOffload(o Offload) error { return checkOffload(o, 0) }

// queuesPatience bounds the wait for room for the word.
const queuesPatience = 5 * time.Second

// SetQueues tells the other end, which heeds it when it has sent what it was about to: a frame may be in a stream that is left out now,
// and wait there for the next time.
func (s *Streams) SetQueues(n int) error {
	if err := checkQueues(n, len(s.links)); err != nil {
		return err
	}
	word := binary.BigEndian.AppendUint16(nil, uint16(n))
	err := s.streams[0].link.out.say(word, queuesPatience)
	if err != nil {
		err = fmt.Errorf("net: streams: tell the other end of %d queues: %w", n, err)
	}
	return err
}

// TakeQueues says what SetQueues at the other end said, if that is what has come as a frame of the first link.
func TakeQueues(frame []byte) (n int, said bool) {
	if len(frame) != queuesSize {
		return 0, false
	}
	return int(binary.BigEndian.Uint16(frame)), true
}

func (s *Streams) Close() (err error) {
	for _, stream := range s.streams {
		err = errors.Join(err, stream.Close())
	}
	return err
}

// say sends what is no frame, when there is room.
func (w *streamWriter) say(word []byte, patience time.Duration) error {
	iov := []unix.Iovec{{Base: &word[0], Len: uint64(len(word))}}
	for end := time.Now().Add(patience); ; {
		err := w.write(iov, 1)
		if err != ErrWouldBlock || time.Now().After(end) {
			return err
		}
		room := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLOUT}}
		if _, err := unix.Poll(room, int(patience.Milliseconds())); err != nil && err != unix.EINTR {
			return err
		}
	}
}
