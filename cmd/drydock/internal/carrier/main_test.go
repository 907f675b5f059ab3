package carrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/net"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// TestMain makes the test binary what Drydock's is: the init of the carriers that it starts, and the commands of this package.
func TestMain(m *testing.M) {
	if guestinit.Active() {
		guestinit.Main()
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "carrier":
			exit(Command(context.Background(), os.Args[2:]))
		case "exec":
			exit(ExecCommand(context.Background(), os.Args[2:]))
		case "echo":
			exit(1, echo(os.Args[2:]))
		case "answer":
			exit(0, answer(os.Args[2]))
		}
	}
	run, err := os.MkdirTemp("", "carrier-test-")
	if err == nil {
		err = os.Setenv("XDG_RUNTIME_DIR", run) // a carrier that the user runs is none of ours
	}
	if err != nil {
		exit(1, err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		exit(status, os.RemoveAll(run))
	}))
}

func exit(status int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "drydock:", err)
		if status == 0 {
			status = 125
		}
	}
	os.Exit(status)
}

// answer sends back what two clients of a socket say, in the carrier.
func answer(port string) error {
	s, err := char.SocketConfig{Server: true, Tunnel: port}.Open()
	if err != nil {
		return err
	}
	defer s.Close()
	for range 2 {
		conn, err := s.Accept()
		if err == nil {
			_, err = io.Copy(conn, conn)
			err = errors.Join(err, conn.Close())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// echo sends back the frames that come by ports, one for each queue pair of a netdev, in the carrier, until it is killed.
func echo(ports []string) error {
	var fds []int
	for _, port := range ports {
		fd, err := unix.Open(port, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", port, err)
		}
		fds = append(fds, fd)
	}
	streams, err := net.NewStreams(0, fds...)
	if err != nil {
		return err
	}
	defer streams.Close()
	if err := streams.SetQueues(len(fds)); err != nil {
		return err
	}
	ended := make(chan error)
	for _, l := range streams.Links() {
		go func() { ended <- echoFrom(l) }()
	}
	return <-ended
}

func echoFrom(link net.Link) error {
	for buf := make([]byte, net.MaxFrame); ; {
		n, err := link.Receive([]unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}})
		if err == nil {
			err = link.Send([]unix.Iovec{{Base: &buf[0], Len: uint64(n)}})
		} else if errors.Is(err, net.ErrWouldBlock) {
			_, err = unix.Poll([]unix.PollFd{{Fd: int32(link.FD()), Events: unix.POLLIN}}, -1)
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
