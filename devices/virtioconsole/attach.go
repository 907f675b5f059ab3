package virtioconsole

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// A Backend is somebody on the host to connect a port to; those of package char are.
type Backend interface {
	// Read and Write move bytes. An error of either ends that way for good. Close ends both.
	io.ReadWriteCloser
	// Connected reports whether somebody is there, and returns what is closed when that changes.
	Connected() (bool, <-chan struct{})
}

// A Leaver is a Backend whose user may leave while nobody reads. Left waits until the one whose bytes were read last has left, and lets
// go of what is unread; or until ctx is done: then it returns false.
type Leaver interface {
	Left(ctx context.Context) bool
}

// detachGrace is how long what the guest has sent may still take on its way out when all ends.
const detachGrace = 500 * time.Millisecond

// Attach moves bytes between the port and b until detach is called, which closes both. A port is connected while b is. A console
// always is, and what b is too slow to take of it is dropped: Linux waits for a console's bytes to be used with its locks held
// (QEMU: flush_buf).
func (p *Port) Attach(b Backend) (detach func() error) {
	var jobs sync.WaitGroup
	out := make(chan struct{})
	jobs.Go(func() {
		defer close(out)
		p.output(b)
	})
	jobs.Go(func() { p.toGuest(b) })
	if !p.console {
		here, _ := b.Connected()
		p.SetConnected(here) // before a guest can ask
		jobs.Go(func() { p.follow(b) })
	}
	return func() error {
		_ = p.Close() // its user may have closed it
		select {
		case <-out:
		case <-time.After(detachGrace):
		}
		err := b.Close()
		jobs.Wait()
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		return err
	}
}

// follow keeps the port connected while b is.
func (p *Port) follow(b Backend) {
	for {
		here, changed := b.Connected()
		p.SetConnected(here)
		select {
		case <-changed:
		case <-p.closed:
			return
		}
	}
}

// moved is how much is moved at once.
const moved = 4096

// toGuest goes on with the next bytes where the guest hangs up in the midst of some.
func (p *Port) toGuest(b io.Reader) {
	buf := make([]byte, moved)
	for {
		n, err := b.Read(buf)
		if werr := p.deliver(b, buf[:n]); werr != nil && !errors.Is(werr, ErrHangup) {
			return
		}
		if err != nil {
			return
		}
	}
}

// deliver writes what came from b. While the guest has not opened the port that can take for ever, and whoever sent it may leave and
// another come: it is dropped then, as QEMU drops what is unread when a peer hangs up (tcp_chr_hup).
func (p *Port) deliver(b io.Reader, text []byte) (err error) {
	l, ok := b.(Leaver)
	if !ok || p.IsOpen() {
		_, err = p.Write(text)
		return err
	}
	waiting, delivered := context.WithCancel(context.Background())
	gone, left := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() {
		if l.Left(waiting) {
			left()
		}
	})
	_, err = p.writeUnless(gone, text)
	delivered()
	watch.Wait()
	left()
	return err
}

// output moves what the guest sends to b until the port is closed.
func (p *Port) output(b io.Writer) {
	if !p.console {
		p.fromGuest(b)
		return
	}
	s, done := newSpool(), make(chan struct{})
	go func() {
		defer close(done)
		s.empty(b)
	}()
	p.fromGuest(s)
	close(s.end)
	<-done
}

// fromGuest goes on when the guest opens the port again. What w does not take is dropped: else the guest would wait for ever.
func (p *Port) fromGuest(w io.Writer) {
	buf := make([]byte, moved)
	for {
		_, reopen := p.ends()
		n, err := p.Read(buf)
		if err == io.EOF {
			n, err = p.pause(buf, reopen)
		}
		if err != nil {
			return
		}
		_, _ = w.Write(buf[:n])
	}
}

// pause waits for a guest that has hung up to open the port again, or to be in trouble, or to send all the same: QEMU takes that, and
// a driver writes to its console before it says that it has opened it, and waits with a lock held.
func (p *Port) pause(buf []byte, reopen <-chan struct{}) (n int, err error) {
	t := transfer{buf, make(chan result, 1)}
	select {
	case p.reads <- t:
		r := <-t.done
		return r.n, r.err
	case <-reopen:
		return 0, nil
	case buf[0] = <-p.urgent:
		return 1, nil
	case <-p.closed:
		return 0, os.ErrClosed
	}
}
