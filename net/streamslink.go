package net

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// etherHeader is the shortest that a frame can be, as for Linux (ETH_HLEN).
const etherHeader = 14

// A bareLink is one of Streams without headers.
type bareLink struct{ *streamLink }

func (l *bareLink) Send(iov []unix.Iovec) error { return l.out.write(iov, etherHeader, 0) }

// A headedLink is one of Streams with headers: of 10 bytes on the stream, of as many as the device wants here.
type headedLink struct {
	*streamLink
	header *atomic.Int32
}

func (l *headedLink) Send(iov []unix.Iovec) error {
	return l.out.write(iov, minHeaderLen+etherHeader, int(l.header.Load())-minHeaderLen)
}

var noHeader [maxHeader]byte

// Receive leaves what a longer header has more at 0.
func (l *headedLink) Receive(iov []unix.Iovec) (int, error) {
	frame, err := l.in.whole()
	if err != nil {
		return 0, err
	}
	if len(frame) < minHeaderLen {
		return 0, fmt.Errorf("net: streams: frame of %d bytes, which is no header", len(frame))
	}
	header := int(l.header.Load())
	n := scatter(iov, 0, frame[:minHeaderLen])
	n += scatter(iov, minHeaderLen, noHeader[:header-minHeaderLen])
	return n + scatter(iov, header, frame[minHeaderLen:]), nil
}
