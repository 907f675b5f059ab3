package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

func TestATerminalIsRawUntilItIsGivenBack(t *testing.T) {
	_, tty := pty(t)
	before := termios(t, tty)
	c, err := openConsole(tty, nil)
	if err != nil {
		t.Fatal(err)
	}
	if raw := termios(t, tty); raw.Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) != 0 {
		t.Errorf("local modes %#x while lent: lines, echo or signals are on", raw.Lflag)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if after := termios(t, tty); after != before {
		t.Errorf("modes are %+v, were %+v", after, before)
	}
}

func TestTheCommandLearnsTheSizeOfTheTerminalAndItsChanges(t *testing.T) {
	_, tty := pty(t)
	resize(t, tty, 30, 100)
	lent, err := openTerminal(tty)
	if err != nil {
		t.Fatal(err)
	}
	defer lent.Close()
	var h runproto.Host
	lent.lend(&h)
	if want := (runproto.Size{Rows: 30, Cols: 100}); *h.Spec.TTY != want {
		t.Errorf("size %+v, want %+v", *h.Spec.TTY, want)
	}
	resize(t, tty, 25, 90)
	if err := unix.Kill(os.Getpid(), unix.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-h.Resizes:
		if want := (runproto.Size{Rows: 25, Cols: 90}); got != want {
			t.Errorf("new size %+v, want %+v", got, want)
		}
	case <-time.After(time.Minute):
		t.Error("SIGWINCH told no new size")
	}
}

func TestATerminalWithoutASizeHasTheClassicOne(t *testing.T) {
	_, tty := pty(t)
	lent, err := openTerminal(tty)
	if err != nil {
		t.Fatal(err)
	}
	defer lent.Close()
	if got, want := lent.size(), (runproto.Size{Rows: 24, Cols: 80}); got != want {
		t.Errorf("size %+v, want %+v", got, want)
	}
}

// pty makes a pseudo-terminal, pts(4).
func pty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func resize(t *testing.T, f *os.File, rows, cols uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(f.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: cols}); err != nil {
		t.Fatal(err)
	}
}

func termios(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	modes, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *modes
}
