package net

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Memory is a netdev whose other end is a Peer in this process, for tests of NICs without privilege.
type Memory struct {
	links    []Link
	theirs   []int
	can      Offload
	accepted atomic.Uint32
	header   atomic.Int32
	queues   atomic.Int32
}

// Pipe makes a netdev of so many queues and its peer. With offloads, frames can have a virtio_net_hdr (SetHeader). All queues
// are attached; the guest accepts no offload until SetOffload.
func Pipe(offloads Offload, queues int) (*Memory, *Peer, error) {
	if queues < 1 {
		return nil, nil, fmt.Errorf("net: a netdev of %d queues: at least 1", queues)
	}
	m := &Memory{can: offloads}
	for range queues {
		ours, theirs, err := SocketPair()
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("net: in-memory netdev: %w", err), m.Close())
		}
		m.links, m.theirs = append(m.links, &fdLink{ours}), append(m.theirs, theirs)
	}
	m.queues.Store(int32(queues))
	return m, &Peer{m}, nil
}

func (m *Memory) Links() []Link     { return m.links }
func (m *Memory) Offloads() Offload { return m.can }

func (m *Memory) SetHeader(n int) error {
	if err := checkHeader(n, m.can != 0); err != nil {
		return err
	}
	m.header.Store(int32(n))
	return nil
}

func (m *Memory) SetOffload(o Offload) error {
	if err := checkOffload(o, m.can); err != nil {
		return err
	}
	m.accepted.Store(uint32(o))
	return nil
}

func (m *Memory) SetQueues(n int) error {
	if err := checkQueues(n, len(m.links)); err != nil {
		return err
	}
	m.queues.Store(int32(n))
	return nil
}

func (m *Memory) Close() error {
	fds := m.theirs
	for _, l := range m.links {
		fds = append(fds, l.FD())
	}
	m.links, m.theirs = nil, nil
	return closeLinks(fds...)
}

// Header is what SetHeader set.
func (m *Memory) Header() int { return int(m.header.Load()) }

// Accepted is what SetOffload set.
func (m *Memory) Accepted() Offload { return Offload(m.accepted.Load()) }

// Queues is what SetQueues set.
func (m *Memory) Queues() int { return int(m.queues.Load()) }

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
