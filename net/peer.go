package net

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// A Peer is the far end of a Memory: what it sends, the netdev's links receive. It closes with the Memory. Its methods may be
// called by any goroutine.
type Peer struct{ m *Memory }

// Send puts one frame on a queue. hdr is the frame's virtio_net_hdr: it is filled with zeros, or cut, to the length that
// SetHeader gave, and nil is a header of zeros. A header that asks what the guest did not accept is refused, as a host must
// not send such a frame. A full queue gives ErrWouldBlock.
func (p *Peer) Send(queue int, hdr, frame []byte) error {
	fd, err := p.fd(queue)
	if err != nil {
		return err
	}
	if queue >= p.m.Queues() {
		return ErrDetached
	}
	all, any := asks(hdr)
	if acc := p.m.Accepted(); !acc.Has(all) || any != 0 && acc&any == 0 {
		return fmt.Errorf("net: the frame's header asks for %v, the guest accepts %v", all|any, acc)
	}
	whole := make([]byte, p.m.Header(), p.m.Header()+len(frame))
	copy(whole, hdr)
	if _, err := unix.Write(fd, append(whole, frame...)); err != nil {
		return peerError(err)
	}
	return nil
}

// Receive takes the next frame of a queue, apart from its header (empty if there is none). It waits for up to timeout and then
// gives ErrWouldBlock.
func (p *Peer) Receive(queue int, timeout time.Duration) (hdr, frame []byte, err error) {
	fd, err := p.fd(queue)
	if err != nil {
		return nil, nil, err
	}
	if err := waitReadable(fd, timeout); err != nil {
		return nil, nil, err
	}
	buf := make([]byte, maxHeader+MaxFrame)
	n, err := unix.Read(fd, buf)
	switch {
	case err != nil:
		return nil, nil, peerError(err)
	case n == 0:
		return nil, nil, io.EOF
	}
	cut := min(p.m.Header(), n)
	return buf[:cut:cut], buf[cut:n], nil
}

// End is the far end of one queue going away for good: what waits in the queue can still be received, then its link gives io.EOF.
// The other queues go on.
func (p *Peer) End(queue int) error {
	fd, err := p.fd(queue)
	if err != nil {
		return err
	}
	return unix.Shutdown(fd, unix.SHUT_RDWR)
}

func (p *Peer) fd(queue int) (int, error) {
	if queue < 0 || queue >= len(p.m.theirs) {
		return -1, fmt.Errorf("net: the peer has no queue %d", queue)
	}
	return p.m.theirs[queue], nil
}

func peerError(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return frameError(errno)
	}
	return err
}

func waitReadable(fd int, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		left := max(time.Until(deadline), 0)
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
		switch {
		case n > 0:
			return nil
		case err != nil && err != unix.EINTR:
			return err
		case left == 0:
			return ErrWouldBlock
		}
	}
}
