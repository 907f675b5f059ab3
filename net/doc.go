// Package net is the host's side of a NIC: links that move Ethernet frames straight between the host and memory that they
// are given, and the kinds of link there are (tap, user-mode network, stream, capture). It never knows virtio or guests.
// The standard package is imported as stdnet where both are needed.
package net

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrWouldBlock: no frame waits, or there is no room for one; poll the link's descriptor.
var ErrWouldBlock = errors.New("net: would block")

// A Link is one end of an Ethernet link, one queue of it. Each frame is preceded by Netdev.SetHeader's number of bytes of
// virtio_net_hdr. Receive may be called by one goroutine at a time, Send by another.
type Link interface {
	// Receive scatters the next frame over iov, in order, and returns its bytes, header included. A frame longer than iov is
	// truncated; the caller leaves room. It never blocks: ErrWouldBlock.
	Receive(iov []unix.Iovec) (int, error)
	// Send gathers one frame, header included, from iov. It never blocks: ErrWouldBlock.
	Send(iov []unix.Iovec) error
	// FD is ready for reading when Receive has something, and for writing when Send has room.
	FD() int
}

// Offload is a set of what a frame's header may ask of the one who receives it (virtio_net_hdr; TUN_F_* of the tap).
type Offload uint32

const (
	OffloadCsum Offload = 1 << iota // partial checksums (NEEDS_CSUM)
	OffloadTSO4
	OffloadTSO6
	OffloadECN // TSO with the ECN bit
	OffloadUFO
	OffloadUSO4
	OffloadUSO6
)

// A Netdev is the host's side of a NIC, as -netdev makes it.
type Netdev interface {
	// Links are its queue pairs, at least one. They live as long as the netdev.
	Links() []Link
	// Offloads says what this netdev can carry; 0 if it knows no virtio_net_hdr (then only SetHeader(0) works).
	Offloads() Offload
	// SetHeader sets how many bytes of virtio_net_hdr precede each frame, both ways: 0, or 10, 12, 20 or 24 if it has headers.
	// The bytes are little-endian.
	SetHeader(n int) error
	// SetOffload says what the guest accepts in frames that Receive gives: what it does not, the netdev resolves itself.
	SetOffload(o Offload) error
	// SetQueues attaches the first n links and detaches the others: no frame arrives on those.
	SetQueues(n int) error
	// Close ends the netdev; a blocked poll on its links ends with an error or POLLHUP.
	Close() error
}
