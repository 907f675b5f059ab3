package net

import (
	"errors"
	"fmt"
	"sync/atomic"
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
