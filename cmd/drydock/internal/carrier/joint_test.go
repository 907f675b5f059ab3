package carrier

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

// joined is a netdev of so many pairs on the host, its wire, and the netdev inside that is joined to it.
func joined(t *testing.T, pairs int) (*net.Memory, *net.Peer, *net.Streams) {
	t.Helper()
	host, wire, err := net.Pipe(0, pairs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	var ports []*os.File
	var fds []int
	for range pairs {
		ours, theirs, err := socketPair()
		if err != nil {
			t.Fatal(err)
		}
		fd, err := unix.FcntlInt(theirs.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		theirs.Close()
		if err != nil {
			t.Fatal(err)
		}
		ports, fds = append(ports, ours), append(fds, fd)
	}
	inside, err := net.NewStreams(fds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inside.Close() })
	j, err := joinPorts(host, ports)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return host, wire, inside
}

// receive waits for the next frame of a link.
func receive(t *testing.T, l net.Link) []byte {
	t.Helper()
	buf := make([]byte, 2000)
	for {
		n, err := l.Receive([]unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}})
		if err == nil {
			return buf[:n]
		}
		if err != net.ErrWouldBlock {
			t.Fatal(err)
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(l.FD()), Events: unix.POLLIN}}, -1); err != nil && err != unix.EINTR {
			t.Fatal(err)
		}
	}
}

func TestEachQueuePairOfANetdevLeadsIntoTheCarrier(t *testing.T) {
	host, wire, inside := joined(t, 3)
	if host.Queues() != 1 {
		t.Errorf("%d queues are attached before anybody asked", host.Queues())
	}
	if err := inside.SetQueues(3); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); host.Queues() != 3; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d queues are attached, 3 were asked for", host.Queues())
		}
	}
	for i, l := range inside.Links() {
		frame := bytes.Repeat([]byte{byte(i)}, 60+i)
		if err := wire.Send(i, nil, frame); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, l); !bytes.Equal(got, frame) {
			t.Errorf("pair %d: %d bytes came in", i, len(got))
		}
		if err := l.Send([]unix.Iovec{{Base: &frame[0], Len: uint64(len(frame))}}); err != nil {
			t.Fatal(err)
		}
		if _, got, err := wire.Receive(i, 10*time.Second); err != nil || !bytes.Equal(got, frame) {
			t.Errorf("pair %d: %d bytes went out, %v", i, len(got), err)
		}
	}
}

func TestWhatIsSaidOfQueuesIsNoFrame(t *testing.T) {
	_, wire, inside := joined(t, 2)
	for _, n := range []int{2, 1} {
		if err := inside.SetQueues(n); err != nil {
			t.Fatal(err)
		}
	}
	frame := bytes.Repeat([]byte("f"), 60)
	if err := inside.Links()[0].Send([]unix.Iovec{{Base: &frame[0], Len: uint64(len(frame))}}); err != nil {
		t.Fatal(err)
	}
	if _, got, err := wire.Receive(0, 10*time.Second); err != nil || !bytes.Equal(got, frame) {
		t.Errorf("%q came first, %v", got, err)
	}
}
