package char

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A PTY is a pseudo-terminal whose other end has a name, Path, that anybody can open. Somebody is connected while it is open.
type PTY struct {
	*Files
	Path string
}

// lookEvery is how often a terminal that nobody has open is looked at: the kernel tells nobody that it was opened.
const lookEvery = 250 // milliseconds

// OpenPTY makes a pseudo-terminal, in raw mode.
func OpenPTY() (*PTY, error) {
	fd, err := open("/dev/ptmx", unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	path, err := unlock(fd)
	if err == nil {
		err = quiet(path)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("char: pty: %w", err)
	}
	f, err := taken("pty:"+path, fd, fd)
	if err != nil {
		return nil, err
	}
	f.set(false)
	return &PTY{f, path}, nil
}

// unlock lets the other end be opened, and returns its name.
func unlock(fd int) (string, error) {
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	return fmt.Sprintf("/dev/pts/%d", n), err
}

// quiet makes the terminal raw. It is opened for that: only then does the kernel know afterwards that nobody has it open.
func quiet(path string) error {
	fd, err := open(path, unix.O_RDWR)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = makeRaw(fd, func(*unix.Termios) {})
	return err
}

// Read implements Backend: it waits for somebody to open the terminal, and reads what is typed there.
func (t *PTY) Read(p []byte) (int, error) {
	t.busy.RLock()
	defer t.busy.RUnlock()
	for {
		here, err := t.look()
		switch {
		case err != nil:
			return 0, err
		case here:
			_, err = t.wait(t.in, unix.POLLIN, -1)
		default:
			_, err = t.wait(-1, 0, lookEvery)
		}
		if err != nil {
			return 0, err
		}
		n, err := unix.Read(t.in, p)
		switch {
		case n > 0:
			return n, nil
		case err != nil && err != unix.EAGAIN && err != unix.EINTR && err != unix.EIO: // EIO: it was closed
			return 0, fmt.Errorf("char: %s: %w", t.name, err)
		}
	}
}

// Write implements Backend.
func (t *PTY) Write(p []byte) (int, error) {
	t.busy.RLock()
	here, err := t.look()
	t.busy.RUnlock()
	if err != nil || !here {
		return len(p), err
	}
	return t.Files.Write(p)
}

// look says whether somebody is there. The caller holds busy.
func (t *PTY) look() (here bool, err error) {
	events, err := t.wait(t.in, unix.POLLIN, 0)
	if err != nil {
		return false, err
	}
	// What was typed before it was closed is there still.
	here = events&unix.POLLHUP == 0 || events&unix.POLLIN != 0
	t.set(here)
	return here, nil
}
