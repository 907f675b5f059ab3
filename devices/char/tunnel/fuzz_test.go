package tunnel

import (
	"io"
	stdnet "net"
	"testing"
)

// What comes out of an emulated host may be anything: it ends the tunnel or does not, and all that waits for it ends with it.
func FuzzACallerHearsAnything(f *testing.F) {
	word := make([]byte, wordSize)
	greeting := appendFrame(nil, frame{kind: hello, payload: word})
	f.Add([]byte("GET / HTTP/1.0\r\n\r\n"))
	f.Add(greeting)
	f.Add(append(greeting, appendFrame(nil, frame{kind: bye})...))
	talk := appendFrame(greeting[:len(greeting):len(greeting)], frame{kind: data, id: 1, payload: []byte("text")})
	talk = appendFrame(talk, frame{kind: credit, id: 1, payload: []byte{1, 0, 0, 0}})
	f.Add(appendFrame(appendFrame(talk, frame{kind: end, id: 1}), frame{kind: closed, id: 1}))
	f.Add(append(greeting, greeting...))
	f.Fuzz(func(t *testing.T, said []byte) {
		outside, inside := stdnet.Pipe()
		c := NewCaller(outside)
		called, heard := make(chan bool), make(chan bool)
		go func() {
			defer close(called)
			if conn, err := c.Call(); err == nil {
				_, _ = conn.Write([]byte("x"))
				_, _ = io.Copy(io.Discard, conn)
				_ = conn.Close()
			}
		}()
		go func() {
			defer close(heard)
			_, _ = io.Copy(io.Discard, inside)
		}()
		_, _ = inside.Write(said) // it is not all read, where it cannot be
		_ = inside.Close()
		<-called
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		<-heard
	})
}
