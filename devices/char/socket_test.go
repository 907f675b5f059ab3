package char

import (
	"context"
	"errors"
	"io"
	stdnet "net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func socket(t *testing.T, c SocketConfig) *Socket {
	t.Helper()
	s, err := OpenSocket(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func dial(t *testing.T, s *Socket) stdnet.Conn {
	t.Helper()
	conn, err := stdnet.Dial(s.Addr().Network(), s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestAServerTakesOneClientAfterTheOther(t *testing.T) {
	for name, c := range map[string]SocketConfig{
		"on a path":          {Network: "unix", Address: filepath.Join(t.TempDir(), "s"), Server: true},
		"on a port":          {Network: "tcp", Address: "127.0.0.1:0", Server: true},
		"on an abstract one": {Network: "unix", Address: "@" + t.TempDir(), Server: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := socket(t, c)
			texts := reading(t, s)
			for _, text := range []string{"first", "second"} {
				conn := dial(t, s)
				wait(t, s, true)
				write(t, conn, text)
				if got := <-texts; got != text {
					t.Errorf("read %q", got)
				}
				write(t, s, "answer")
				if got := read(t, conn, 6); got != "answer" {
					t.Errorf("the client read %q", got)
				}
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
				wait(t, s, false)
			}
		})
	}
}

func TestAServerDropsWhatIsWrittenWhileNobodyIsThere(t *testing.T) {
	s := socket(t, SocketConfig{Network: "tcp", Address: "127.0.0.1:0", Server: true})
	write(t, s, "lost")
	conn := dial(t, s)
	wait(t, s, true)
	write(t, s, "found")
	if got := read(t, conn, 5); got != "found" {
		t.Errorf("read %q", got)
	}
}

func TestAServerRemovesTheSocketOfOneThatDied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := stdnet.ListenUnix("unix", &stdnet.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := socket(t, SocketConfig{Network: "unix", Address: path, Server: true})
	dial(t, s)
	wait(t, s, true)
}

func TestAServerDoesNotRemoveAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenSocket(SocketConfig{Network: "unix", Address: path, Server: true}); err == nil {
		t.Error(s.Close(), "listens there")
	}
	if b, err := os.ReadFile(path); string(b) != "data" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestAClientIsConnectedWhenItIsOpenAndEndsWithItsServer(t *testing.T) {
	l, err := stdnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := socket(t, SocketConfig{Network: "tcp", Address: l.Addr().String()})
	wait(t, s, true)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	write(t, conn, "bye")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(s); string(b) != "bye" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	wait(t, s, false)
}

func TestAClientThatMayTryAgainDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	s := socket(t, SocketConfig{Network: "unix", Address: path, Reconnect: time.Millisecond})
	texts := reading(t, s)
	if here, _ := s.Connected(); here {
		t.Fatal("connected to nobody")
	}
	l, err := stdnet.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 2 {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		write(t, conn, "hello")
		if got := <-texts; got != "hello" {
			t.Errorf("read %q", got)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAClientOfNobodyIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nobody")
	if _, err := OpenSocket(SocketConfig{Network: "unix", Address: path}); !errors.Is(err, unix.ENOENT) {
		t.Errorf("error %v", err)
	}
}

func TestADescriptorOfTheParentsIsASocket(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := socket(t, SocketConfig{FD: pair[0]})
	write(t, s, "x")
	other := os.NewFile(uintptr(pair[1]), "other")
	defer other.Close()
	if got := read(t, other, 1); got != "x" {
		t.Errorf("read %q", got)
	}
}

func TestCloseEndsASocketsCallsThatWait(t *testing.T) {
	for name, connected := range map[string]bool{"for a peer": false, "for bytes": true} {
		t.Run(name, func(t *testing.T) {
			s := socket(t, SocketConfig{Network: "tcp", Address: "127.0.0.1:0", Server: true})
			if connected {
				dial(t, s)
				wait(t, s, true)
			}
			ended := make(chan error, 1)
			go func() {
				_, err := s.Read(make([]byte, 1))
				ended <- err
			}()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; !errors.Is(err, os.ErrClosed) {
				t.Errorf("Read: %v", err)
			}
			if _, err := s.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
				t.Errorf("Write: %v", err)
			}
			if err := s.Close(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("the second Close: %v", err)
			}
		})
	}
}

func TestAPeerThatLeavesUnreadBytesIsSeenToLeave(t *testing.T) {
	for name, c := range map[string]SocketConfig{
		"on a path": {Network: "unix", Address: filepath.Join(t.TempDir(), "s"), Server: true},
		"on a port": {Network: "tcp", Address: "127.0.0.1:0", Server: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := socket(t, c)
			conn := dial(t, s)
			wait(t, s, true)
			write(t, conn, "some are read")
			if b := make([]byte, 4); !isRead(s, b) {
				t.Fatalf("read %q", b)
			}
			still, cancel := context.WithCancel(context.Background())
			cancel()
			if s.Left(still) {
				t.Error("it has left already")
			}
			write(t, conn, ", others never")
			abort(t, conn)
			if !s.Left(context.Background()) {
				t.Error("it has not left")
			}
			wait(t, s, false)
			conn = dial(t, s)
			wait(t, s, true)
			write(t, conn, "next")
			if b := make([]byte, 4); !isRead(s, b) || string(b) != "next" {
				t.Errorf("read %q", b)
			}
		})
	}
}

func isRead(s *Socket, b []byte) bool {
	_, err := io.ReadFull(s, b)
	return err == nil
}

// abort closes a connection so that the other side hears of both directions; of TCP that is a reset.
func abort(t *testing.T, conn stdnet.Conn) {
	t.Helper()
	if tcp, ok := conn.(*stdnet.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}
