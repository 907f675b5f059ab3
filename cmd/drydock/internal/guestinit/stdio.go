package guestinit

import (
	"fmt"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// openStdio makes a command's standard descriptors: a terminal if size is not nil, else three pipes. theirs are the three
// to give to the command; the caller closes them.
func openStdio(size *runproto.Size) (c *child, theirs []*os.File, err error) {
	if size != nil {
		return openTerminal(*size)
	}
	var files [3][2]*os.File // read and write end of each
	for i := range files {
		if files[i][0], files[i][1], err = os.Pipe(); err != nil {
			for _, f := range files[:i] {
				closeAll(f[:])
			}
			return nil, nil, fmt.Errorf("standard pipes: %w", err)
		}
	}
	c = &child{stdin: files[0][1], stdout: files[1][0], stderr: files[2][0]}
	return c, []*os.File{files[0][0], files[1][1], files[2][1]}, nil
}

// openTerminal makes a pseudo-terminal, pts(4).
func openTerminal(size runproto.Size) (*child, []*os.File, error) {
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("terminal: open /dev/ptmx: %w", err)
	}
	c := &child{stdout: os.NewFile(uintptr(master), "/dev/ptmx"), tty: true}
	slave, err := openSlave(master)
	if err != nil {
		c.close()
		return nil, nil, fmt.Errorf("terminal: %w", err)
	}
	c.stdin = c.stdout
	c.resize(size)
	return c, []*os.File{slave, slave, slave}, nil
}

// openSlave unlocks and opens the other end of a master.
func openSlave(master int) (*os.File, error) {
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return nil, err
	}
	n, err := unix.IoctlGetUint32(master, unix.TIOCGPTN)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
}

// resize tells the terminal, and so the command (SIGWINCH), its size; without a terminal it does nothing.
func (c *child) resize(size runproto.Size) {
	if !c.tty {
		return
	}
	conn, err := c.stdout.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Rows, Col: size.Cols})
	})
}
