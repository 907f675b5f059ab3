package carrier

import (
	"bytes"
	"context"
	"io"
	stdnet "net"
	"path/filepath"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/devices/char/tunnel"
)

// gated is a gate of a socket at path, and the listener on the other side of its port.
func gated(t *testing.T, many bool) (g *gate, inside *tunnel.Listener, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "s")
	g, port := gateOf(t, char.SocketConfig{Network: "unix", Address: path, Server: true}, many)
	inside, err := tunnel.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inside.Close() })
	return g, inside, path
}

func gateOf(t *testing.T, c char.SocketConfig, many bool) (*gate, stdnet.Conn) {
	t.Helper()
	peers, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	port, err := stdnet.FileConn(theirs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Close() })
	g, err := openGate(Socket{peers, many}, ours)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, port
}

// visit connects to a socket.
func visit(t *testing.T, path string) *stdnet.UnixConn {
	t.Helper()
	conn, err := stdnet.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*stdnet.UnixConn)
}

func accept(t *testing.T, l stdnet.Listener) stdnet.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// asks has text go from one to the other.
func asks(t *testing.T, from io.Writer, to io.Reader, text string) {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("%q arrived, %v; want %q", got, err, text)
	}
}

func wantEnd(t *testing.T, from io.Reader) {
	t.Helper()
	if b, err := io.ReadAll(from); len(b) > 0 || err != nil {
		t.Fatalf("%q came, %v; want the end", b, err)
	}
}

func TestAClientMayEndItsWayAndHearTheRest(t *testing.T) {
	_, inside, path := gated(t, false)
	client := visit(t, path)
	machine := accept(t, inside)
	asks(t, client, machine, "question")
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, machine)
	asks(t, machine, client, "answer")
	if err := machine.Close(); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, client)
}

func TestTheNextClientIsLetInWhenTheOneBeforeHasLeft(t *testing.T) {
	_, inside, path := gated(t, false)
	first, second := visit(t, path), visit(t, path)
	if _, err := io.WriteString(second, "early"); err != nil {
		t.Fatal(err)
	}
	machine := accept(t, inside)
	asks(t, first, machine, "first")
	asks(t, machine, first, "to the first")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, machine)
	if err := machine.Close(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 5)
	if _, err := io.ReadFull(accept(t, inside), got); err != nil || string(got) != "early" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestClientsOfManyAreLetInAtOnce(t *testing.T) {
	_, inside, path := gated(t, true)
	var clients, machines [3]io.ReadWriter
	for i := range clients {
		clients[i] = visit(t, path)
		machines[i] = accept(t, inside)
	}
	for i, c := range clients {
		asks(t, c, machines[i], "question")
		asks(t, machines[i], c, "answer")
	}
}

func TestAClientThatComesBeforeTheMachineListensWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, port := gateOf(t, char.SocketConfig{Network: "unix", Address: path, Server: true}, false)
	client := visit(t, path)
	if _, err := io.WriteString(client, "early"); err != nil {
		t.Fatal(err)
	}
	inside, err := tunnel.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(accept(t, inside), got); err != nil || string(got) != "early" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAServerThatComesBackIsCalledAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, port := gateOf(t, char.SocketConfig{Network: "unix", Address: path, Reconnect: time.Millisecond}, false)
	inside, err := tunnel.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	server, err := stdnet.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for range 2 {
		host := accept(t, server)
		machine := accept(t, inside)
		asks(t, host, machine, "question")
		asks(t, machine, host, "answer")
		if err := host.Close(); err != nil {
			t.Fatal(err)
		}
		wantEnd(t, machine)
		if err := machine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLastWordsOfAMachineAreHeard(t *testing.T) {
	g, inside, path := gated(t, true)
	g.patience = time.Minute
	client := visit(t, path)
	machine := accept(t, inside)
	long := bytes.Repeat([]byte("last words "), 3000)
	heard := make(chan []byte, 1)
	go func() {
		if _, err := machine.Write(long); err != nil {
			t.Error(err)
		}
		machine.Close()
	}()
	go func() {
		b, _ := io.ReadAll(client)
		heard <- b
	}()
	g.drain()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if b := <-heard; !bytes.Equal(b, long) {
		t.Errorf("%d bytes were heard of %d", len(b), len(long))
	}
	if _, err := stdnet.Dial("unix", path); err == nil {
		t.Error("the socket is there still")
	}
}

func TestTheEndOfACarrierEndsItsClients(t *testing.T) {
	for name, listens := range map[string]bool{"who wait": false, "who are there": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			_, port := gateOf(t, char.SocketConfig{Network: "unix", Address: path, Server: true}, true)
			client := visit(t, path)
			if listens {
				inside, err := tunnel.Listen(port)
				if err != nil {
					t.Fatal(err)
				}
				asks(t, accept(t, inside), client, "here")
			}
			port.Close()
			wantEnd(t, client)
		})
	}
}

func TestAClientWhoDoesNotReadHoldsUpNoEnd(t *testing.T) {
	g, inside, path := gated(t, false)
	g.patience = time.Millisecond
	visit(t, path)
	machine := accept(t, inside)
	ended := make(chan error, 1)
	go func() {
		_, err := machine.Write(make([]byte, 1<<22))
		ended <- err
	}()
	g.drain()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("4 MiB were taken from the machine, and nobody read them")
	}
}

// letIn sends the gate's clients to a job that sends back what they say.
func letIn(t *testing.T, c *Carrier, path string) {
	ended := make(chan error, 1)
	go func() {
		status, err := c.Run(context.Background(), Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"/init", "answer", SocketPath(0)}}}})
		if status != 0 {
			t.Errorf("status %d", status)
		}
		ended <- err
	}()
	first, second := visit(t, path), visit(t, path)
	asks(t, first, first, "to whom it may concern")
	if err := first.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	wantEnd(t, first)
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	go func() {
		_, _ = second.Write(big)
		_ = second.CloseWrite()
	}()
	if got, err := io.ReadAll(second); err != nil || !bytes.Equal(got, big) {
		t.Errorf("%d bytes came back of %d, %v", len(got), len(big), err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
