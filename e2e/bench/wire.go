package main

import (
	"fmt"
	stdnet "net"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A wire is the host's end of the tap: a packet socket.
type wire struct {
	fd    int
	batch map[shape]*batch
}

// up makes the interfaces of the namespace and the socket.
func (w *wire) up() (err error) {
	if err := setUpInterfaces(); err != nil {
		return err
	}
	tap, err := stdnet.InterfaceByName(tapName)
	if err != nil {
		return err
	}
	w.batch = map[shape]*batch{}
	if w.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	for _, option := range []int{unix.PACKET_VNET_HDR, unix.PACKET_QDISC_BYPASS} {
		if err := unix.SetsockoptInt(w.fd, unix.SOL_PACKET, option, 1); err != nil {
			return err
		}
	}
	// Protocol 0 receives nothing; what is sent has its own.
	return unix.Bind(w.fd, &unix.SockaddrLinklayer{Ifindex: tap.Index})
}

// setQueueLength is for the next machine: a tap gets its queue when it is opened.
func (w *wire) setQueueLength(n int) error {
	req, err := unix.NewIfreq(tapName)
	if err != nil {
		return err
	}
	req.SetUint32(uint32(n))
	return unix.IoctlIfreq(w.fd, unix.SIOCSIFTXQLEN, req)
}

// A batch is many times the same frame, for sendmmsg.
type batch struct {
	frame    []byte
	vec      unix.Iovec
	messages [64]mmsghdr
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	_   uint32 // msg_len, which the kernel writes
	_   uint32
}

func (w *wire) of(s shape) *batch {
	if w.batch[s] == nil {
		b := &batch{frame: s.frame()}
		b.vec = unix.Iovec{Base: &b.frame[0], Len: uint64(len(b.frame))}
		for i := range b.messages {
			b.messages[i].hdr = unix.Msghdr{Iov: &b.vec, Iovlen: 1}
		}
		w.batch[s] = b
	}
	return w.batch[s]
}

// send sends n frames.
func (w *wire) send(s shape, n int) error {
	b := w.of(s)
	for n > 0 {
		sent, err := w.sendSome(b, n)
		if err != nil {
			return err
		}
		n -= sent
	}
	return nil
}

// fullQueue is how long a sender leaves a full queue alone.
const fullQueue = 20 * time.Microsecond

func (w *wire) sendSome(b *batch, most int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(w.fd), uintptr(unsafe.Pointer(&b.messages)),
		uintptr(min(most, len(b.messages))), 0, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	case unix.ENOBUFS, unix.EAGAIN:
		pause := unix.NsecToTimespec(fullQueue.Nanoseconds())
		_ = unix.Nanosleep(&pause, nil) // the scheduler's signals end it early, which does no harm
		return 0, nil
	}
	return 0, fmt.Errorf("sending to %s: %w", tapName, errno)
}

// A flood is frames without end, by a goroutine of its own.
type flood struct {
	over  atomic.Bool
	ended chan error
}

// flood sends until it is stopped.
func (w *wire) flood(s shape) *flood {
	f := &flood{ended: make(chan error, 1)}
	b := w.of(s)
	go func() {
		var err error
		for err == nil && !f.over.Load() {
			_, err = w.sendSome(b, len(b.messages))
		}
		f.ended <- err
	}()
	return f
}

// stop ends it, once, and says what ended it before.
func (f *flood) stop() error {
	f.over.Store(true)
	return <-f.ended
}
