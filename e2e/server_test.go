package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// A server is the host's end of streams.
type server struct {
	listener *net.TCPListener
	bytes    int64 // of each download
	ended    chan ending
}

// An ending is what the host has seen of one stream.
type ending struct {
	stream
	err error
}

// serve listens at the host's address, in the current namespace, for up to most streams.
func serve(t *testing.T, address string, bytes int64, most int) *server {
	t.Helper()
	l, err := net.Listen("tcp4", net.JoinHostPort(address, "0"))
	must(t, err)
	s := &server{l.(*net.TCPListener), bytes, make(chan ending, most)}
	t.Cleanup(func() { must(t, l.Close()) })
	go s.accept()
	return s
}

func (s *server) address() string { return s.listener.Addr().String() }

func (s *server) accept() {
	for {
		c, err := s.listener.AcceptTCP()
		if err != nil {
			return // closed
		}
		go func() {
			stream, err := s.one(c)
			s.ended <- ending{stream, errors.Join(err, c.Close())}
		}()
	}
}

func (s *server) one(c *net.TCPConn) (stream, error) {
	var kind [1]byte
	if err := c.SetDeadline(time.Now().Add(streamPatience)); err != nil {
		return stream{}, err
	}
	if _, err := io.ReadFull(c, kind[:]); err != nil {
		return stream{}, err
	}
	switch kind[0] {
	case download:
		return sendData(c, s.bytes)
	case upload:
		return receiveData(c)
	}
	return stream{}, fmt.Errorf("a client asks for %q", kind)
}

// wantStreams waits for n streams, all of them whole.
func (s *server) wantStreams(t *testing.T, n int) {
	t.Helper()
	want := expect(s.bytes)
	for i := range n {
		select {
		case e := <-s.ended:
			if e.err != nil || e.stream != want {
				t.Errorf("the host's end of a stream saw %+v, %v; want %+v", e.stream, e.err, want)
			}
		case <-time.After(streamPatience):
			t.Fatalf("%d of %d streams have ended on the host's side", i, n)
		}
	}
}
