package char

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Files is a backend of descriptors: a file, pipes, a terminal. It waits in poll(2) on the descriptor and an eventfd of its own,
// because neither closing nor a deadline ends a read of every kind of descriptor.
type Files struct {
	peer
	name    string
	in, out int // -1: none
	restore func() error
	keep    bool // in and out are somebody else's to close

	stop int          // eventfd, readable from Close on
	busy sync.RWMutex // held for reading while descriptors are in use
	gone bool         // they are closed; guarded by busy
}

// newFiles takes over the descriptors, unless it fails.
func newFiles(name string, in, out int) (*Files, error) {
	stop, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("char: %s: eventfd: %w", name, err)
	}
	f := &Files{name: name, in: in, out: out, stop: stop}
	f.set(true)
	return f, nil
}

func (f *Files) String() string { return f.name }

// Read implements Backend.
func (f *Files) Read(p []byte) (int, error) {
	f.busy.RLock()
	defer f.busy.RUnlock()
	for {
		if _, err := f.wait(f.in, unix.POLLIN, -1); err != nil {
			return 0, err
		}
		n, err := unix.Read(f.in, p)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			f.set(false)
			return 0, io.EOF
		case err != unix.EINTR && err != unix.EAGAIN:
			return 0, fmt.Errorf("char: %s: %w", f.name, err)
		}
	}
}

// chunk is what a pipe that poll(2) calls writable takes without waiting for a reader.
const chunk = 4096

// Write implements Backend.
func (f *Files) Write(p []byte) (done int, err error) {
	f.busy.RLock()
	defer f.busy.RUnlock()
	if f.out < 0 {
		return len(p), nil
	}
	for done < len(p) {
		events, err := f.wait(f.out, unix.POLLOUT, -1)
		if err != nil {
			return done, err
		}
		if events&unix.POLLOUT == 0 { // nobody is there
			return len(p), nil
		}
		n, err := unix.Write(f.out, p[done:min(len(p), done+chunk)])
		if n > 0 {
			done += n
		}
		if err != nil && err != unix.EINTR && err != unix.EAGAIN {
			return done, fmt.Errorf("char: %s: %w", f.name, err)
		}
	}
	return done, nil
}

// wait returns what poll(2) says of fd, 0 after timeout milliseconds, or os.ErrClosed from Close on. It waits for that alone where fd
// is -1. The caller holds busy.
func (f *Files) wait(fd int, events int16, timeout int) (int16, error) {
	if f.gone {
		return 0, os.ErrClosed
	}
	fds := []unix.PollFd{{Fd: int32(f.stop), Events: unix.POLLIN}, {Fd: int32(fd), Events: events}}
	for {
		switch _, err := unix.Poll(fds, timeout); {
		case err == unix.EINTR:
		case err != nil:
			return 0, fmt.Errorf("char: %s: poll: %w", f.name, err)
		case fds[0].Revents != 0:
			return 0, os.ErrClosed
		default:
			return fds[1].Revents, nil
		}
	}
}

// Close implements Backend. The second returns os.ErrClosed.
func (f *Files) Close() error {
	one := [8]byte{0: 1}
	_, _ = unix.Write(f.stop, one[:]) // wakes whoever holds busy
	f.busy.Lock()
	defer f.busy.Unlock()
	if f.gone {
		return os.ErrClosed
	}
	f.gone = true
	f.set(false)
	err := unix.Close(f.stop)
	if f.restore != nil {
		err = errors.Join(err, f.restore())
	}
	if f.keep {
		return err
	}
	return errors.Join(err, closeAll(f.in, f.out))
}

// closeAll closes descriptors, each once; -1 is none.
func closeAll(in, out int) (err error) {
	if in >= 0 {
		err = unix.Close(in)
	}
	if out >= 0 && out != in {
		err = errors.Join(err, unix.Close(out))
	}
	return err
}
