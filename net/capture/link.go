package capture

import (
	"time"
	"unsafe"

	"github.com/gopacket/gopacket/pcapgo"
	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
)

// link copies what passes. The two directions, which two goroutines use, share nothing but the file.
type link struct {
	net.Link
	c     *Capture
	queue uint32
	in    []byte
	out   []byte
}

// headerRoom is the longest virtio_net_hdr, which is copied with the frame and cut off later.
const headerRoom = 24

func newLink(l net.Link, c *Capture, queue uint32, maxLen int) *link {
	return &link{l, c, queue, make([]byte, headerRoom+maxLen), make([]byte, headerRoom+maxLen)}
}

func (l *link) Receive(iov []unix.Iovec) (int, error) {
	n, err := l.Link.Receive(iov)
	if err == nil {
		l.record(time.Now(), pcapgo.NgEpbFlagDirectionInbound, gather(l.in, iov, n), n)
	}
	return n, err
}

// Send copies before the netdev sends, for the guest may write to the frame at any time, and records after, for a frame that
// found no room comes again.
func (l *link) Send(iov []unix.Iovec) error {
	now, size := time.Now(), 0
	for i := range iov {
		size += int(iov[i].Len)
	}
	frame := gather(l.out, iov, size)
	if err := l.Link.Send(iov); err != nil {
		return err
	}
	l.record(now, pcapgo.NgEpbFlagDirectionOutbound, frame, size)
	return nil
}

// record writes the kept bytes of a frame of size bytes, both with the header.
func (l *link) record(at time.Time, direction pcapgo.NgEpbFlag, kept []byte, size int) {
	h := min(int(l.c.header.Load()), len(kept))
	data := kept[h:min(len(kept), h+len(l.in)-headerRoom)]
	l.c.file.write(packet{at, direction, l.queue, kept[:h], data, size - h})
}

// gather copies at most n bytes of iov, and no more than fit.
func gather(buf []byte, iov []unix.Iovec, n int) []byte {
	n, done := min(n, len(buf)), 0
	for i := 0; i < len(iov) && done < n; i++ {
		done += copy(buf[done:n], unsafe.Slice(iov[i].Base, iov[i].Len))
	}
	return buf[:done]
}
