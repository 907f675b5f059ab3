package carrier

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

func linkName(n int) string { return fmt.Sprintf("drydock.net%d", n) }

// PortPath is where a carrier has the port of the n-th link of Config.Links, for -netdev stream,path=.
func PortPath(n int) string { return portDir + linkName(n) }

// portDir is where a carrier has its ports by their names.
const portDir = "/dev/virtio-ports/"

// A joint carries frames between a netdev of the host and a port of the carrier, both ways, until it is closed. A side that has
// no room holds up the other: queues are where they belong, in the guest and in the host's kernel.
type joint struct {
	port *net.Stream
	run  sync.WaitGroup

	stop, wake *os.File // a pipe: both goroutines poll the one end, the other is closed to end them
	stopFD     int32
}

// joinPort takes over port, also if it fails.
func joinPort(host net.Netdev, port *os.File) (*joint, error) {
	fd, err := unix.FcntlInt(port.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err = errors.Join(err, port.Close()); err != nil {
		return nil, err
	}
	stream, err := net.NewStream(fd)
	if err != nil {
		return nil, err
	}
	j := &joint{port: stream}
	if err = plain(host); err == nil {
		err = j.makeStop()
	}
	if err != nil {
		return nil, errors.Join(err, stream.Close())
	}
	outside, inside := host.Links()[0], stream.Links()[0]
	j.run.Go(func() { j.carry(outside, inside) })
	j.run.Go(func() { j.carry(inside, outside) })
	return j, nil
}

// plain sets a netdev to frames without virtio_net_hdr, which a stream does not carry.
func plain(host net.Netdev) error {
	if err := host.SetHeader(0); err != nil {
		return fmt.Errorf("carrier: a link into the carrier has no headers: %w", err)
	}
	return host.SetQueues(1)
}

func (j *joint) makeStop() (err error) {
	j.stop, j.wake, err = os.Pipe()
	if err == nil {
		j.stopFD = int32(j.stop.Fd())
	}
	return err
}

// carry moves frames until the joint or one of its sides ends.
func (j *joint) carry(from, to net.Link) {
	buf := make([]byte, net.MaxFrame)
	frame := []unix.Iovec{{Base: &buf[0]}}
	for {
		frame[0].Len = uint64(len(buf))
		n, err := from.Receive(frame)
		switch {
		case errors.Is(err, net.ErrWouldBlock):
			if !j.await(from, unix.POLLIN) {
				return
			}
		case errors.Is(err, io.EOF):
			return
		case err == nil:
			frame[0].Len = uint64(n)
			if !j.send(to, frame) {
				return
			}
		}
	}
}

// send gives one frame to a link, when that has room; false at the end. A frame that the link does not take is lost.
func (j *joint) send(to net.Link, frame []unix.Iovec) bool {
	for {
		err := to.Send(frame)
		if !errors.Is(err, net.ErrWouldBlock) {
			return !errors.Is(err, io.EOF)
		}
		if !j.await(to, unix.POLLOUT) {
			return false
		}
	}
}

// await waits until a link is ready; false if the joint is to end.
func (j *joint) await(l net.Link, events int16) bool {
	fds := [...]unix.PollFd{{Fd: int32(l.FD()), Events: events}, {Fd: j.stopFD, Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds[:], -1)
		if err != unix.EINTR {
			return err == nil && fds[1].Revents == 0
		}
	}
}

// Close ends both goroutines, and the port. The netdev is its owner's.
func (j *joint) Close() error {
	err := j.wake.Close() // the other end becomes readable
	j.run.Wait()
	return errors.Join(err, j.stop.Close(), j.port.Close())
}
