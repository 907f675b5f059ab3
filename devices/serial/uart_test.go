package serial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// line records the interrupt line.
type line struct {
	mu    sync.Mutex
	level bool
	rises int
}

func (l *line) Set(level bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if level && !l.level {
		l.rises++
	}
	l.level = level
}

func (l *line) high() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.level
}

// guest drives a UART's registers.
type guest struct {
	*testing.T
	*UART
	irq *line
}

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

func newGuest(t *testing.T, out io.Writer) guest {
	l := new(line)
	u := New(out, l)
	t.Cleanup(func() { u.Close() })
	return guest{t, u, l}
}

func (g guest) in(reg uint64) byte {
	var p [1]byte
	g.Read(reg, p[:])
	return p[0]
}

func (g guest) outb(reg uint64, v byte) { g.Write(reg, []byte{v}) }

func (g guest) feed(s string) {
	g.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if n, err := g.Feed(ctx, []byte(s)); err != nil {
		g.Fatalf("Feed: %d, %v", n, err)
	}
}

func (g guest) want(what string, got, want byte) {
	g.Helper()
	if got != want {
		g.Errorf("%s: %#02x, want %#02x", what, got, want)
	}
}

// open does what a driver does before it uses the port: FIFO on, emptied, trigger at 14, DTR, RTS and OUT2.
func (g guest) open() guest {
	g.outb(regIIR, 0xc7)
	g.outb(regMCR, 0x0b)
	return g
}

func TestRegisters(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(g guest)
	}{
		{"at power on the transmitter is empty and a peer is there", func(g guest) {
			g.want("LSR", g.in(regLSR), 0x60)
			g.want("MSR", g.in(regMSR), 0xb0)
			g.want("IIR", g.in(regIIR), 0x01)
			g.want("MCR", g.in(regMCR), 0x08) // OUT2, which lets interrupts out of a PC's port, as QEMU's begins
		}},
		{"the FIFO bits of IIR say that it is a 16550A", func(g guest) {
			g.outb(regIIR, 1)
			g.want("IIR", g.in(regIIR), 0xc1)
			g.outb(regIIR, 0)
			g.want("IIR", g.in(regIIR), 0x01)
		}},
		{"DLAB shows the divisor and hides data and IER", func(g guest) {
			g.outb(regIER, 0x05)
			g.outb(regLCR, 0x83)
			g.want("DLL", g.in(0), 12)
			g.outb(0, 1)
			g.outb(1, 2)
			g.want("DLL", g.in(0), 1)
			g.want("DLM", g.in(1), 2)
			g.outb(regLCR, 0x03)
			g.want("IER", g.in(regIER), 0x05)
			g.want("LCR", g.in(regLCR), 0x03)
		}},
		{"IER and MCR have no upper bits, or a driver takes it for a better part", func(g guest) {
			g.outb(regIER, 0xff)
			g.want("IER", g.in(regIER), 0x0f)
			g.outb(regMCR, 0xff)
			g.want("MCR", g.in(regMCR), 0x1f)
		}},
		{"the scratch register keeps a byte", func(g guest) {
			g.outb(regSCR, 0xae)
			g.want("SCR", g.in(regSCR), 0xae)
		}},
		{"Linux's loopback probe sees CTS and DCD", func(g guest) {
			g.outb(regMCR, 0x1a)
			g.want("MSR", g.in(regMSR)&0xf0, 0x90)
		}},
		{"a change of a modem input interrupts until MSR is read", func(g guest) {
			g.outb(regIER, ierModem)
			g.outb(regMCR, mcrLoop)
			if !g.irq.high() {
				g.Error("no interrupt")
			}
			g.want("IIR", g.in(regIIR), iirModem)
			g.want("MSR", g.in(regMSR), 0x0b)
			g.want("IIR", g.in(regIIR), iirNone)
			if g.irq.high() {
				g.Error("the interrupt stays")
			}
		}},
		{"a byte in loopback comes back, and the seventeenth overruns", func(g guest) {
			g.outb(regIIR, 1)
			g.outb(regMCR, mcrLoop)
			for i := range byte(17) {
				g.outb(regData, i)
			}
			g.want("LSR", g.in(regLSR), lsrData|lsrOverrun|lsrTHRE|lsrTEMT)
			g.want("LSR again", g.in(regLSR), lsrData|lsrTHRE|lsrTEMT)
			for i := range byte(16) {
				g.want("RBR", g.in(regData), i)
			}
		}},
		{"an overrun is the most urgent interrupt", func(g guest) {
			g.outb(regMCR, mcrLoop)
			g.outb(regIER, 0x0f)
			g.outb(regData, 1)
			g.outb(regData, 2)
			g.want("IIR", g.in(regIIR), iirLine)
			g.in(regLSR)
			g.want("IIR", g.in(regIIR), iirReceived)
			g.in(regData)
			g.want("IIR", g.in(regIIR), iirTHRE)
			g.want("IIR", g.in(regIIR), iirModem)
		}},
		{"an access of two bytes is two registers", func(g guest) {
			g.Write(regIER, []byte{0x05, 0x01})
			p := make([]byte, 2)
			g.Read(regIER, p)
			g.want("IER", p[0], 0x05)
			g.want("IIR", p[1], 0xc1)
		}},
		{"an empty receive buffer reads as zero", func(g guest) { g.want("RBR", g.in(regData), 0) }},
		{"a reset forgets all", func(g guest) {
			g.open().outb(regIER, 0x0f)
			g.feed("x")
			g.Reset()
			g.want("IER", g.in(regIER), 0)
			g.want("LSR", g.in(regLSR), 0x60)
			if g.irq.high() {
				g.Error("the interrupt stays")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(newGuest(t, nil)) })
	}
}

func TestReceive(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(g guest)
	}{
		{"a few bytes are a timeout interrupt", func(g guest) {
			g.outb(regIER, ierReceived)
			g.feed("ab")
			g.want("IIR", g.in(regIIR), iirFIFO|iirTimeout)
			g.want("LSR", g.in(regLSR)&lsrData, lsrData)
		}},
		{"bytes up to the trigger level are a received-data interrupt", func(g guest) {
			g.outb(regIER, ierReceived)
			g.feed("0123456789abcd")
			g.want("IIR", g.in(regIIR), iirFIFO|iirReceived)
		}},
		{"the interrupt stays until the last byte is read", func(g guest) {
			g.outb(regIER, ierReceived)
			g.feed("ab")
			g.in(regData)
			if !g.irq.high() {
				g.Error("gone too early")
			}
			g.in(regData)
			if g.irq.high() {
				g.Error("it stays")
			}
		}},
		{"a full FIFO is one interrupt", func(g guest) {
			g.outb(regIER, ierReceived)
			g.feed("0123456789abcdef")
			if g.irq.rises != 1 {
				g.Errorf("%d interrupts", g.irq.rises)
			}
		}},
		{"clearing the FIFO drops what is in it", func(g guest) {
			g.feed("abc")
			g.outb(regIIR, 0x03)
			g.want("LSR", g.in(regLSR)&lsrData, 0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(newGuest(t, nil).open()) })
	}
}

func TestFeedWaitsForTheGuest(t *testing.T) {
	t.Run("nothing is lost while a driver starts", func(t *testing.T) {
		g := newGuest(t, nil)
		fed := make(chan error, 1)
		go func() { _, err := g.Feed(context.Background(), []byte("early")); fed <- err }()
		g.in(regData)
		g.outb(regIIR, 0x07)
		g.open()
		if err := <-fed; err != nil {
			t.Fatal(err)
		}
		for _, b := range []byte("early") {
			g.want("RBR", g.in(regData), b)
		}
	})
	t.Run("a slow guest gets every byte in order", func(t *testing.T) {
		g := newGuest(t, nil).open()
		text := strings.Repeat("0123456789", 100)
		done := make(chan error, 1)
		go func() { _, err := g.Feed(context.Background(), []byte(text)); done <- err }()
		var got []byte
		for began := time.Now(); len(got) < len(text) && time.Since(began) < patience; runtime.Gosched() {
			if g.in(regLSR)&lsrData != 0 {
				got = append(got, g.in(regData))
			}
		}
		if string(got) != text {
			t.Errorf("got %d bytes, want %d, or the order is wrong", len(got), len(text))
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("the context ends the wait and says what went in", func(t *testing.T) {
		g := newGuest(t, nil).open()
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(10*time.Millisecond, cancel)
		n, err := g.Feed(ctx, make([]byte, 100))
		if n != fifoSize || !errors.Is(err, context.Canceled) {
			t.Errorf("%d, %v; want 16 bytes and the context's error", n, err)
		}
	})
	t.Run("Close ends the wait", func(t *testing.T) {
		g := newGuest(t, nil)
		time.AfterFunc(10*time.Millisecond, func() { g.Close() })
		if n, err := g.Feed(context.Background(), []byte("x")); n != 0 || !errors.Is(err, ErrClosed) {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// gate is a writer that waits until it is opened.
type gate struct {
	open chan struct{}
	bytes.Buffer
	writes int
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.writes++
	return g.Buffer.Write(p)
}

func TestTransmit(t *testing.T) {
	t.Run("a driver that follows LSR loses nothing to a host that stands still", func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		g := newGuest(t, out).open()
		sent := 0
		for ; g.in(regLSR)&lsrTHRE != 0; sent += fifoSize {
			for i := range fifoSize {
				g.outb(regData, byte(sent+i))
			}
		}
		if sent < backlog {
			t.Errorf("held back after %d bytes", sent)
		}
		g.outb(regIER, ierTHRE)
		g.want("IIR while full", g.in(regIIR), iirFIFO|iirNone)
		close(out.open)
		for began := time.Now(); !g.irq.high() && time.Since(began) < patience; {
			time.Sleep(time.Millisecond)
		}
		g.want("IIR when there is room", g.in(regIIR), iirFIFO|iirTHRE)
		g.Close()
		if out.Len() != sent || out.writes > 4 {
			t.Errorf("%d bytes came out in %d writes, want %d in few", out.Len(), out.writes, sent)
		}
		for i, b := range out.Bytes() {
			if b != byte(i) {
				t.Fatalf("byte %d is %#x", i, b)
			}
		}
	})
	t.Run("a guest that ignores LSR waits, and loses nothing", func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		g := newGuest(t, out)
		time.AfterFunc(20*time.Millisecond, func() { close(out.open) })
		for range 2*backlog + 100 {
			g.outb(regData, 'x')
		}
		g.Close()
		if out.Len() != 2*backlog+100 {
			t.Errorf("%d bytes came out", out.Len())
		}
	})
	t.Run("enabling THRE while the transmitter is empty interrupts once", func(t *testing.T) {
		g := newGuest(t, nil)
		g.outb(regIER, ierTHRE)
		g.want("IIR", g.in(regIIR), iirTHRE)
		g.want("IIR again", g.in(regIIR), iirNone)
		g.outb(regIER, 0)
		g.outb(regIER, ierTHRE)
		g.want("IIR after Linux's second try", g.in(regIIR), iirTHRE)
	})
	t.Run("a burst of bytes is one new edge", func(t *testing.T) {
		g := newGuest(t, nil).open()
		g.outb(regIER, ierTHRE)
		g.in(regIIR)
		before := g.irq.rises
		for range 16 {
			g.outb(regData, 'x')
		}
		if n := g.irq.rises - before; n != 1 {
			t.Errorf("%d edges", n)
		}
	})
	t.Run("a broken terminal does not stop the guest, and Close tells of it", func(t *testing.T) {
		r, w := io.Pipe()
		r.CloseWithError(os.ErrClosed)
		g := newGuest(t, w)
		for range 3 * backlog {
			g.outb(regData, 'x')
		}
		if err := g.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	t.Run("after Close writes are dropped", func(t *testing.T) {
		var out bytes.Buffer
		g := newGuest(t, &out)
		g.outb(regData, 'a')
		g.Close()
		g.outb(regData, 'b')
		if out.String() != "a" {
			t.Errorf("%q", out.String())
		}
	})
}

// FuzzUART makes any accesses; the line must always say what IIR says, and nothing may hang.
func FuzzUART(f *testing.F) {
	f.Add([]byte{0x82, 0xc7, 0x84, 0x0b, 0x81, 0x0f, 0x80, 'x', 0x40, 'y', 2, 0, 0, 0})
	f.Add([]byte{0x84, 0x1f, 0x81, 0x0f, 0x80, 1, 0x80, 2, 5, 0, 6, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		irq := new(line)
		u := New(nil, irq)
		defer u.Close()
		done, cancel := context.WithCancel(context.Background())
		cancel()
		for ; len(in) >= 2; in = in[2:] {
			off, v := uint64(in[0]&0x0f), in[1:2:2]
			switch in[0] >> 6 {
			case 0:
				u.Read(off, []byte{0})
			case 1:
				_, _ = u.Feed(done, v)
			default:
				u.Write(off, v)
			}
			u.mu.Lock()
			due, waiting := u.pending() != iirNone, u.receive.n
			u.mu.Unlock()
			if due != irq.high() || waiting > fifoSize {
				t.Fatalf("an interrupt is due: %v, the line is %v; %d bytes wait", due, irq.high(), waiting)
			}
		}
	})
}

func BenchmarkTransmit(b *testing.B) {
	u := New(nil, new(line))
	defer u.Close()
	p := []byte{'x'}
	b.ReportAllocs()
	for b.Loop() {
		u.Write(regData, p)
	}
}

func TestTransmitAllocatesNothing(t *testing.T) {
	g := newGuest(t, nil)
	p := []byte{'x'}
	if n := testing.AllocsPerRun(1000, func() { g.Write(regData, p) }); n != 0 {
		t.Error(fmt.Sprint(n, " allocations for a byte"))
	}
}
