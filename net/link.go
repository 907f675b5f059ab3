package net

import (
	"errors"

	"golang.org/x/sys/unix"
)

var (
	// ErrWouldBlock: no frame waits, or there is no room for one; poll the link's descriptor.
	ErrWouldBlock = errors.New("net: would block")

	// ErrLinkDown: the host's interface is down, so the frame is lost. Later ones may pass.
	ErrLinkDown = errors.New("net: the host's interface is down")

	// ErrDetached: SetQueues left this queue out, so no frame can arrive on it (Peer.Send).
	ErrDetached = errors.New("net: the queue is detached")
)

// A Link is one end of an Ethernet link, one queue of it. Each frame is preceded by Netdev.SetHeader's number of bytes of
// virtio_net_hdr. Receive may be called by one goroutine at a time, Send by another.
//
// io.EOF from either means that the other end is gone for good. Any other error but ErrWouldBlock costs one frame and no more.
// The kernel takes up to 1024 vectors a frame (IOV_MAX) and refuses more with EINVAL.
type Link interface {
	// Receive scatters the next frame over iov, in order, and returns its bytes, header included. A frame longer than iov is
	// truncated; the caller leaves room. It never blocks: ErrWouldBlock.
	Receive(iov []unix.Iovec) (int, error)
	// Send gathers one frame, header included, from iov. It never blocks: ErrWouldBlock.
	Send(iov []unix.Iovec) error
	// FD is ready for reading when Receive has something, and for writing when Send has room.
	FD() int
}

// MaxFrame is the longest frame of any link: 64 KB of TCP segmentation offload under Ethernet and VLAN tags, and QEMU's limit
// of a frame (NET_BUFSIZE, 68 KiB).
const MaxFrame = 68 << 10
