package tunnel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	stdnet "net"
	"strings"
	"sync"
	"testing"
)

func TestEachWayOfAConnectionEndsForItself(t *testing.T) {
	outer, inner := connect(pairOf(t))
	write(t, outer, "question")
	reads(t, inner, "question")
	if err := outer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	ends(t, inner)
	write(t, inner, "answer")
	reads(t, outer, "answer")
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	ends(t, outer)
}

// pairOf is pair for a call that takes all of its results.
func pairOf(t *testing.T) (*testing.T, *Caller, *Listener) {
	t.Helper()
	c, l := pair(t)
	return t, c, l
}

func TestWhatWasWrittenBeforeCloseIsRead(t *testing.T) {
	outer, inner := connect(pairOf(t))
	write(t, inner, "last words")
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	reads(t, outer, "last words")
	ends(t, outer)
	if _, err := outer.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a write to nobody: %v", err)
	}
}

func TestWhatIsWrittenBeforeSomebodyAcceptsWaits(t *testing.T) {
	c, l := pair(t)
	outer, err := c.Call()
	if err != nil {
		t.Fatal(err)
	}
	write(t, outer, "early")
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	inner, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	reads(t, inner, "early")
	ends(t, inner)
}

func TestAReaderWhoDoesNotReadHoldsUpNobodyElse(t *testing.T) {
	c, l := pair(t)
	slow, unread := connect(t, c, l)
	big := bytes.Repeat([]byte("0123456789abcdef"), window/8)
	written := make(chan error, 1)
	go func() {
		_, err := slow.Write(big)
		written <- err
	}()
	quick, inner := connect(t, c, l)
	write(t, quick, "passes by")
	reads(t, inner, "passes by")
	select {
	case err := <-written:
		t.Fatalf("twice the window was written, and nobody has read: %v", err)
	default:
	}
	reads(t, unread, string(big))
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestConnectionsDoNotMix(t *testing.T) {
	c, l := pair(t)
	var all sync.WaitGroup
	for i := range 8 {
		outer, inner := connect(t, c, l)
		text := bytes.Repeat([]byte{byte('a' + i)}, 3*window)
		for _, way := range [][2]*Conn{{outer, inner}, {inner, outer}} {
			all.Go(func() {
				_, err := way[0].Write(text)
				if err = errors.Join(err, way[0].CloseWrite()); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if got, err := io.ReadAll(way[1]); err != nil || !bytes.Equal(got, text) {
					t.Errorf("connection %d: %d bytes, %v", i, len(got), err)
				}
			})
		}
	}
	all.Wait()
}

func TestACallWaitsWhileThereAreTooManyConnections(t *testing.T) {
	c, l := pair(t)
	outer, inner := connect(t, c, l)
	for range most - 1 {
		connect(t, c, l)
	}
	called := make(chan error, 1)
	go func() {
		_, err := c.Call()
		called <- err
	}()
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	ends(t, inner)
	select {
	case err := <-called:
		t.Fatalf("a connection more, while the other side has %d: %v", most, err)
	default:
	}
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-called; err != nil {
		t.Error(err)
	}
}

// A shared stream survives its listeners, as a port does the programs that open it.
type shared struct{ io.ReadWriter }

func (shared) Close() error { return nil }

func TestAWaitForTheEndOfAllConnectionsIsOverWithThemOrEarlier(t *testing.T) {
	c, l := pair(t)
	c.Wait(t.Context())
	outer, inner := connect(t, c, l)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Wait(ctx)
	waited := make(chan bool)
	go func() {
		c.Wait(t.Context())
		close(waited)
	}()
	if err := outer.Close(); err != nil {
		t.Fatal(err)
	}
	ends(t, inner)
	select {
	case <-waited:
		t.Error("the other side has not closed it")
	default:
	}
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	<-waited
}

func TestANewListenerForgetsWhatWasWithTheOneBefore(t *testing.T) {
	outside, inside := stdnet.Pipe()
	defer inside.Close()
	c := caller(t, outside)
	// The first is killed in the middle of a frame that comes: it has read the header alone.
	word := strings.Repeat("w", wordSize)
	feed := func(frames ...frame) {
		for _, f := range frames {
			if _, err := inside.Write(appendFrame(nil, f)); err != nil {
				t.Fatal(err)
			}
		}
	}
	feed(frame{kind: hello, payload: []byte(word)})
	read := func(n int) {
		if _, err := io.ReadFull(inside, make([]byte, n)); err != nil {
			t.Fatal(err)
		}
	}
	read(headerSize + wordSize)
	called := make(chan *Conn)
	go func() {
		outer, err := c.Call()
		if err != nil {
			t.Error(err)
		}
		called <- outer
	}()
	read(headerSize)
	old := <-called
	written := make(chan error, 1)
	go func() {
		_, err := old.Write([]byte("to the one before, not to be read by another"))
		written <- err
	}()
	read(headerSize + 5)

	second := listener(t, shared{inside})
	if err := <-written; err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	ends(t, old)
	outer, inner := connect(t, c, second)
	write(t, outer, "to the second")
	reads(t, inner, "to the second")
	if err := old.Close(); err != nil {
		t.Error(err)
	}
	write(t, inner, "still here")
	reads(t, outer, "still here")
}

func TestATunnelEndsWithTheLastConnectionThatNobodyListensAfter(t *testing.T) {
	c, l := pair(t)
	outer, inner := connect(t, c, l)
	pending, err := c.Call()
	if err != nil {
		t.Fatal(err)
	}
	for l.pending() == 0 {
		write(t, outer, "x") // and so the call has come
		reads(t, inner, "x")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ends(t, pending)
	if _, err := l.Accept(); !errors.Is(err, stdnet.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	write(t, inner, "goes on")
	reads(t, outer, "goes on")
	late := make(chan error, 1)
	go func() { // it waits for another to listen
		_, err := c.Call()
		late <- err
	}()
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-late; err == nil {
		t.Error("a call into a tunnel that has ended")
	}
}

func (l *Listener) pending() int { return len(l.waiting) }

func TestAConnectionThatComesTooLateIsClosed(t *testing.T) {
	outside, inside := stdnet.Pipe()
	defer outside.Close()
	far := &wire{stream: outside, in: bufio.NewReader(outside)}
	frames := make(chan frame, 10)
	go func() {
		defer close(frames)
		for {
			f, err := far.receive()
			if err != nil {
				return
			}
			f.payload = bytes.Clone(f.payload)
			frames <- f
		}
	}()
	say := func(f frame) {
		t.Helper()
		if err := far.send(f); err != nil {
			t.Fatal(err)
		}
	}
	l := listener(t, inside)
	say(frame{kind: welcome, payload: (<-frames).payload})
	say(frame{kind: open, id: 1})
	kept, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	say(frame{kind: open, id: 2})
	for _, want := range []frame{{kind: bye}, {kind: closed, id: 2}} {
		if f := <-frames; f.kind != want.kind || f.id != want.id {
			t.Errorf("it says %+v, want %+v", f, want)
		}
	}
	if err := kept.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfATunnelEndsAllThatWaits(t *testing.T) {
	outside, inside := stdnet.Pipe()
	c := caller(t, outside)
	waits := make(chan error, 5)
	go func() { // nobody listens yet
		_, err := c.Call()
		waits <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err == nil {
		t.Error("a call of nobody was answered")
	}
	inside.Close()

	c, l := pair(t)
	outer, inner := connect(t, c, l)
	for _, conn := range []*Conn{outer, inner} {
		go func() {
			_, err := conn.Read(make([]byte, 1))
			waits <- err
		}()
		go func() {
			_, err := conn.Write(make([]byte, 2*window))
			waits <- err
		}()
	}
	go func() {
		_, err := l.Accept()
		waits <- err
	}()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := <-waits; err == nil {
			t.Error("no error")
		}
	}
}

func TestWhatCannotBeEndsATunnel(t *testing.T) {
	word := make([]byte, wordSize)
	for name, frames := range map[string][]frame{
		"of a kind that there is not":        {{kind: 99}},
		"that is too long":                   {{kind: data, payload: make([]byte, maxData+1)}},
		"of data without any":                {{kind: data}},
		"of a connection that is open":       {{kind: open, id: 1}, {kind: open, id: 1}},
		"beyond the window":                  {{open, 1, nil}, {data, 1, make([]byte, maxData)}, {data, 1, make([]byte, maxData)}, {data, 1, make([]byte, maxData)}, {data, 1, make([]byte, maxData)}, {data, 1, []byte("x")}},
		"with more credit than there can be": {{open, 1, nil}, {credit, 1, []byte{1, 0, 0, 0}}},
		"that is the other side's":           {{open, 1, nil}, {hello, 1, word}},
	} {
		t.Run(name, func(t *testing.T) {
			outside, inside := stdnet.Pipe()
			defer outside.Close()
			greeting := make(chan []byte, 1)
			go func() {
				b := make([]byte, headerSize+wordSize)
				_, _ = io.ReadFull(outside, b)
				greeting <- b[headerSize:]
			}()
			l := listener(t, inside)
			for _, f := range append([]frame{{kind: welcome, payload: <-greeting}}, frames...) {
				if _, err := outside.Write(appendFrame(nil, f)); err != nil {
					break // it did not wait for all of the last one
				}
			}
			<-l.done
			for range len(l.waiting) {
				<-l.waiting
			}
			if _, err := l.Accept(); err == nil || !strings.Contains(err.Error(), "tunnel:") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAConnectionIsClosedOnce(t *testing.T) {
	outer, inner := connect(pairOf(t))
	for _, c := range []*Conn{outer, inner} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := errors.Join(c.Close(), c.CloseWrite()); !errors.Is(err, stdnet.ErrClosed) {
			t.Errorf("a second time: %v", err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, stdnet.ErrClosed) {
			t.Errorf("Read: %v", err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, stdnet.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
	}
}
