package char

import "golang.org/x/sys/unix"

// OpenStdio is this process's standard input and output. A terminal is taken over until Close: what is typed is neither echoed
// nor collected to lines. Keys such as Ctrl-C are signals to this process if signals is true, and bytes for the guest if not.
func OpenStdio(signals bool) (*Files, error) {
	f, err := newFiles("stdio", unix.Stdin, unix.Stdout)
	if err != nil {
		return nil, err
	}
	f.keep = true
	if f.restore, err = makeRaw(unix.Stdin, func(t *unix.Termios) {
		t.Oflag |= unix.OPOST // a guest's line feed alone still begins a line on the left
		if signals {
			t.Lflag |= unix.ISIG
		}
	}); err != nil {
		f.restore = nil
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// makeRaw makes the terminal fd pass bytes as they are, but for what but changes, and returns what undoes that. What is no terminal
// is left alone.
func makeRaw(fd int, but func(*unix.Termios)) (restore func() error, err error) {
	old, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, nil
	}
	raw := *old // as cfmakeraw(3) does it
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	but(&raw)
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return nil, err
	}
	return func() error { return unix.IoctlSetTermios(fd, unix.TCSETS, old) }, nil
}
