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
func joined(t *testing.T, can net.Offload, pairs int) (*net.Memory, *net.Peer, *net.Streams) {
	t.Helper()
	host, wire, err := net.Pipe(can, pairs)
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
	inside, err := net.NewStreams(can, fds...)
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

// until waits for something that happens soon.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never is so that " + what)
		}
	}
}

func TestHeadersAndOffloadsLeadIntoTheCarrier(t *testing.T) {
	const can = net.OffloadCsum | net.OffloadTSO4
	host, wire, inside := joined(t, can, 1)
	if host.Header() != headerSize || host.Accepted() != 0 {
		t.Errorf("before anybody asked there are headers of %d bytes, and %v is accepted", host.Header(), host.Accepted())
	}
	if err := inside.SetHeader(12); err != nil {
		t.Fatal(err)
	}
	if err := inside.SetOffload(net.OffloadCsum); err != nil {
		t.Fatal(err)
	}
	until(t, "the offload is accepted", func() bool { return host.Accepted() == net.OffloadCsum })
	header := []byte("\x01\x00........") // NEEDS_CSUM
	if err := wire.Send(0, header, bytes.Repeat([]byte("f"), 60)); err != nil {
		t.Fatal(err)
	}
	want := append(append(bytes.Clone(header), 0, 0), bytes.Repeat([]byte("f"), 60)...)
	if got := receive(t, inside.Links()[0]); !bytes.Equal(got, want) {
		t.Errorf("%q came in, want %q", got, want)
	}
	if err := inside.Links()[0].Send([]unix.Iovec{{Base: &want[0], Len: uint64(len(want))}}); err != nil {
		t.Fatal(err)
	}
	if gotHeader, frame, err := wire.Receive(0, 10*time.Second); err != nil || !bytes.Equal(gotHeader, header) || len(frame) != 60 {
		t.Errorf("%q with header %q went out, %v", frame, gotHeader, err)
	}
}

func TestEachQueuePairOfANetdevLeadsIntoTheCarrier(t *testing.T) {
	host, wire, inside := joined(t, 0, 3)
	if host.Queues() != 1 {
		t.Errorf("%d queues are attached before anybody asked", host.Queues())
	}
	if err := inside.SetQueues(3); err != nil {
		t.Fatal(err)
	}
	until(t, "three queues are attached", func() bool { return host.Queues() == 3 })
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
	_, wire, inside := joined(t, 0, 2)
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
