package tunnel

import (
	"crypto/rand"
	"fmt"
	"io"
	stdnet "net"
	"sync"
)

// A Listener accepts connections. It is a net.Listener; any goroutine may use it.
type Listener struct {
	mux
	word    [wordSize]byte
	waiting chan *Conn
	closing chan struct{}
	once    sync.Once
}

// Listen takes over the stream and greets the other side, which need not be there yet.
func Listen(stream io.ReadWriteCloser) (*Listener, error) {
	l := &Listener{mux: mux{listening: true}, waiting: make(chan *Conn, most), closing: make(chan struct{})}
	l.init(stream)
	_, _ = rand.Read(l.word[:]) // it never fails
	if err := l.send(frame{kind: hello, payload: l.word[:]}); err != nil {
		_ = stream.Close()
		return nil, fmt.Errorf("tunnel: %w", err)
	}
	go l.run()
	return l, nil
}

// run skips what was said to a listener before.
func (l *Listener) run() {
	if err := l.pass(appendFrame(nil, frame{kind: welcome, payload: l.word[:]})); err != nil {
		l.fail(err)
	}
	l.serve(l.handle)
}

func (l *Listener) handle(f frame) error {
	if f.kind == open {
		return l.opened(f.id)
	}
	return l.mux.handle(f)
}

// opened puts a new connection where Accept finds it. One that came too late for that is closed.
func (l *Listener) opened(id uint32) error {
	late, err := l.admit(id)
	if late {
		err = l.send(frame{kind: closed, id: id})
	}
	return err
}

func (l *Listener) admit(id uint32) (late bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.conns[id] != nil:
		return false, fmt.Errorf("tunnel: connection %d was opened twice", id)
	case !l.listening:
		return true, nil
	case len(l.conns) == most:
		return false, fmt.Errorf("tunnel: more than %d connections", most)
	}
	l.waiting <- l.add(id) // it has room for all
	return false, nil
}

// Accept returns the next connection. After Close it returns net.ErrClosed, and an error when the tunnel has ended.
func (l *Listener) Accept() (stdnet.Conn, error) {
	select {
	case c := <-l.waiting:
		return c, nil
	case <-l.closing:
		return nil, stdnet.ErrClosed
	case <-l.done:
		return nil, fmt.Errorf("tunnel: it has ended: %w", l.over)
	}
}

// Close ends calls that wait, and the connections that nobody accepted. Others go on; the tunnel ends with the last of them.
func (l *Listener) Close() error {
	err := stdnet.ErrClosed
	l.once.Do(func() { err = l.end() })
	return err
}

func (l *Listener) end() error {
	l.mu.Lock()
	l.listening = false
	l.mu.Unlock()
	close(l.closing)
	_ = l.send(frame{kind: bye}) // who cannot hear it does not call
	for {
		select {
		case c := <-l.waiting:
			_ = c.Close()
		default:
			return l.leave()
		}
	}
}

// Addr names no place: that is the caller's knowledge.
func (l *Listener) Addr() stdnet.Addr { return address{} }
