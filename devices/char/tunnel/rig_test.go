package tunnel

import (
	"io"
	stdnet "net"
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// pair is a tunnel with both its sides.
func pair(t *testing.T) (*Caller, *Listener) {
	t.Helper()
	outside, inside := stdnet.Pipe()
	c := caller(t, outside)
	return c, listener(t, inside)
}

func caller(t *testing.T, stream io.ReadWriteCloser) *Caller {
	t.Helper()
	c := NewCaller(stream)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func listener(t *testing.T, stream io.ReadWriteCloser) *Listener {
	t.Helper()
	l, err := Listen(stream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // the test may have
	return l
}

// connect makes a connection, and returns both its ends.
func connect(t *testing.T, c *Caller, l *Listener) (outer, inner *Conn) {
	t.Helper()
	outer, err := c.Call()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return outer, conn.(*Conn)
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if n, err := io.WriteString(to, text); n != len(text) || err != nil {
		t.Fatalf("%d of %d bytes were written: %v", n, len(text), err)
	}
}

// reads fails the test unless that comes next.
func reads(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

// ends fails the test unless the end comes next.
func ends(t *testing.T, from io.Reader) {
	t.Helper()
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Fatalf("read %d bytes, %v; want the end", n, err)
	}
}
