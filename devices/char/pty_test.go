package char

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSomebodyIsConnectedToATerminalWhileItIsOpen(t *testing.T) {
	p, err := OpenPTY()
	p = opened(t, p, err)
	texts := reading(t, p)
	write(t, p, "dropped, as nobody is there")
	for range 2 {
		f, err := os.OpenFile(p.Path, os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		wait(t, p, true)
		write(t, f, "a line\n")
		if got := <-texts; got != "a line\n" {
			t.Errorf("read %q", got)
		}
		write(t, p, "\x03\r")
		if got := read(t, f, 2); got != "\x03\r" {
			t.Errorf("the terminal read %q: it is not raw", got)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		wait(t, p, false)
	}
}

func TestARawTerminalIsGivenBackAsItWas(t *testing.T) {
	p, err := OpenPTY()
	p = opened(t, p, err)
	fd, err := open(p.Path, unix.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	echo := func() bool {
		state, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return state.Lflag&unix.ECHO != 0
	}
	state, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	state.Lflag |= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, state); err != nil {
		t.Fatal(err)
	}
	restore, err := makeRaw(fd, func(*unix.Termios) {})
	if err != nil || echo() {
		t.Fatalf("echo is %v, %v", echo(), err)
	}
	if err := restore(); err != nil || !echo() {
		t.Errorf("echo is %v, %v", echo(), err)
	}
}
