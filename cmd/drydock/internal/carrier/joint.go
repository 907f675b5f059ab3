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

// PortPath is where a carrier has the port of the n-th link of all netdevs of Config.Links, for -netdev stream,path=.
func PortPath(n int) string { return portDir + linkName(n) }

// portDir is where a carrier has its ports by their names.
const portDir = "/dev/virtio-ports/"

// A joint carries frames between a netdev of the host and ports of the carrier, a port a link, both ways, until it is closed. A side that
// has no room holds up the other: queues are where they belong, in the guest and in the host's kernel.
type joint struct {
	host  net.Netdev
	ports []*net.Stream
	run   sync.WaitGroup

	stop, wake *os.File // a pipe: all goroutines poll the one end, the other is closed to end them
	stopFD     int32
}

// joinPorts takes over the ports, one for each link, also if it fails.
func joinPorts(host net.Netdev, ports []*os.File) (*joint, error) {
	j := &joint{host: host}
	err := j.open(ports)
	if err == nil {
		err = atRest(host)
	}
	if err == nil {
		err = j.makeStop()
	}
	if err != nil {
		return nil, errors.Join(err, j.closePorts())
	}
	for i, port := range j.ports {
		outside, inside := host.Links()[i], port.Links()[0]
		j.run.Go(func() { j.carry(outside, inside, nothing) })
		heed := nothing
		if i == 0 && wants(host) {
			heed = j.heed
		}
		j.run.Go(func() { j.carry(inside, outside, heed) })
	}
	return j, nil
}

// open makes streams of the ports.
func (j *joint) open(ports []*os.File) (err error) {
	for _, port := range ports {
		fd, dupErr := unix.FcntlInt(port.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err = errors.Join(err, dupErr, port.Close()); dupErr != nil {
			continue
		}
		stream, streamErr := net.NewStream(fd)
		if err = errors.Join(err, streamErr); streamErr == nil {
			j.ports = append(j.ports, stream)
		}
	}
	return err
}

// headerSize is that of virtio_net_hdr in the frames of a port (net.Streams).
const headerSize = 10

// atRest sets a netdev to what ports carry, and to one queue and no offloads until the other end of the ports wants something else.
func atRest(host net.Netdev) error {
	header := 0
	if host.Offloads() != 0 {
		header = headerSize
	}
	if err := host.SetHeader(header); err != nil {
		return fmt.Errorf("carrier: a link into the carrier: %w", err)
	}
	return errors.Join(host.SetQueues(1), host.SetOffload(0))
}

// wants reports whether there is something to want: else the other end is a plain stream.
func wants(host net.Netdev) bool { return len(host.Links()) > 1 || host.Offloads() != 0 }

// heed does what the other end wants (net.Streams), and reports whether the frame was that. What cannot be done is the guest's loss:
// nothing comes by a queue that is not attached.
func (j *joint) heed(frame []byte) bool {
	w, is := net.TakeWant(frame)
	if is {
		_ = j.host.SetOffload(w.Offload)
		_ = j.host.SetQueues(w.Queues)
	}
	return is
}

// nothing is heeded: all frames are frames.
func nothing([]byte) bool { return false }

func (j *joint) makeStop() (err error) {
	j.stop, j.wake, err = os.Pipe()
	if err == nil {
		j.stopFD = int32(j.stop.Fd())
	}
	return err
}

// carry moves the frames that are not heeded, until the joint or one of its sides ends.
func (j *joint) carry(from, to net.Link, heed func(frame []byte) bool) {
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
		case err == nil && !heed(buf[:n]):
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

// Close ends the goroutines, and the ports. The netdev is its owner's.
func (j *joint) Close() error {
	err := j.wake.Close() // the other end becomes readable
	j.run.Wait()
	return errors.Join(err, j.stop.Close(), j.closePorts())
}

func (j *joint) closePorts() (err error) {
	for _, port := range j.ports {
		err = errors.Join(err, port.Close())
	}
	return err
}
