package char

import (
	"errors"
	"io"
	stdnet "net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/char/tunnel"
)

func peers(t *testing.T, c SocketConfig) *Peers {
	t.Helper()
	p, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestNobodyComesToAClientButItsServer(t *testing.T) {
	l, err := stdnet.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := peers(t, SocketConfig{Network: "unix", Address: l.Addr().String()})
	conn, err := p.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := p.Accept(); err != io.EOF {
		t.Errorf("the second: %v", err)
	}
}

func TestAServerThatNobodyTookIsLeft(t *testing.T) {
	l, err := stdnet.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := peers(t, SocketConfig{Network: "unix", Address: l.Addr().String()})
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("error %v", err)
	}
}

func TestCloseEndsTheWaitForAPeer(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]SocketConfig{
		"of a server": {Network: "unix", Address: filepath.Join(dir, "s"), Server: true},
		"of a client": {Network: "unix", Address: filepath.Join(dir, "nobody"), Reconnect: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			p, ended := peers(t, c), make(chan error, 1)
			go func() {
				_, err := p.Accept()
				ended <- err
			}()
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; !errors.Is(err, os.ErrClosed) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// port is a file that leads to another host, which the caller is.
func port(t *testing.T) (path string, c *tunnel.Caller) {
	t.Helper()
	p, err := OpenPTY()
	p = opened(t, p, err)
	c = tunnel.NewCaller(p)
	t.Cleanup(func() { _ = c.Close() })
	return p.Path, c
}

func call(t *testing.T, c *tunnel.Caller) *tunnel.Conn {
	t.Helper()
	conn, err := c.Call()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestASocketOfAnotherHostIsAsItsOwn(t *testing.T) {
	for name, c := range map[string]SocketConfig{
		"that listens":         {Network: "unix", Address: "/a/path", Server: true},
		"that tries again":     {Network: "tcp", Address: "host:1", Reconnect: time.Hour},
		"that the parent made": {FD: 1000, Server: true},
	} {
		t.Run(name, func(t *testing.T) {
			path, far := port(t)
			c.Tunnel = path
			s := socket(t, c)
			texts := reading(t, s)
			for range 2 {
				conn := call(t, far)
				wait(t, s, true)
				write(t, conn, "question")
				if got := <-texts; got != "question" {
					t.Errorf("read %q", got)
				}
				write(t, s, "answer")
				if got := read(t, conn, 6); got != "answer" {
					t.Errorf("the other host read %q", got)
				}
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
				wait(t, s, false)
			}
		})
	}
}

func TestAClientOnAnotherHostIsConnectedWhenItIsOpen(t *testing.T) {
	path, far := port(t)
	calls := make(chan *tunnel.Conn, 1)
	go func() { calls <- call(t, far) }()
	s := socket(t, SocketConfig{Network: "unix", Address: "/a/path", Tunnel: path})
	if here, _ := s.Connected(); !here {
		t.Error("nobody is there")
	}
	conn := <-calls
	write(t, conn, "bye")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(s); string(b) != "bye" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

func TestASocketOfAnotherHostCanBeOpenedAgain(t *testing.T) {
	path, far := port(t)
	for range 2 {
		s := socket(t, SocketConfig{Network: "unix", Address: "/a/path", Server: true, Tunnel: path})
		conn := call(t, far)
		wait(t, s, true)
		write(t, s, "x")
		if got := read(t, conn, 1); got != "x" {
			t.Errorf("read %q", got)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after its end: %v", err)
		}
		_ = conn.Close()
	}
}

func TestAPortThatIsNotThereIsNamed(t *testing.T) {
	for _, server := range []bool{false, true} {
		_, err := OpenSocket(SocketConfig{Network: "unix", Address: "/a/path", Server: server, Tunnel: "/no/such/port"})
		if !errors.Is(err, os.ErrNotExist) || err == nil {
			t.Errorf("error %v", err)
		}
	}
}
