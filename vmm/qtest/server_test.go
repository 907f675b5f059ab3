package qtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
)

// board is a machine of 64 KiB of memory and as many ports, and one device with inputs.
type board struct {
	memory, ports [64 << 10]byte
	now           int64
	watch         func(input int, level bool)
}

func (b *board) In(port uint16, p []byte)       { copy(p, b.ports[port:]) }
func (b *board) Out(port uint16, p []byte)      { copy(b.ports[port:], p) }
func (b *board) Read(addr uint64, p []byte)     { copy(p, b.at(addr)) }
func (b *board) Write(addr uint64, p []byte)    { copy(b.at(addr), p) }
func (b *board) Clock() int64                   { return b.now }
func (b *board) SetClock(ns int64) (now int64)  { b.now = max(b.now, ns); return b.now }
func (b *board) at(addr uint64) (memory []byte) { return b.memory[min(addr, uint64(len(b.memory))):] }

func (b *board) Intercept(device string, watch func(int, bool)) error {
	if device != "ioapic" {
		return errUnknownDevice
	}
	b.watch = watch
	return nil
}

func (b *board) SetInput(device string, input int, level bool) error {
	if device != "ioapic" {
		return errUnknownDevice
	}
	if input >= 24 {
		return errors.New("ioapic has inputs 0 to 23")
	}
	if b.watch != nil {
		b.watch(input, level)
	}
	return nil
}

func (b *board) Known(device string) bool { return device == "ioapic" || device == "pic" }

// conn is a client who says all at once.
type conn struct {
	*strings.Reader
	bytes.Buffer
}

func (c *conn) Read(p []byte) (int, error)  { return c.Reader.Read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.Buffer.Write(p) }

// talk returns the answers to some lines.
func talk(t testing.TB, m Machine, says string) string {
	t.Helper()
	c := &conn{Reader: strings.NewReader(says)}
	if err := Serve(c, m, nil); err != nil {
		t.Fatal(err)
	}
	return c.Buffer.String()
}

func TestEachCommandHasItsAnswer(t *testing.T) {
	for _, c := range []struct{ name, says, want string }{
		{"the guest is little endian", "endianness\n", "OK little\n"},
		{"a byte goes to a port and back", "outb 0x60 0xab\ninb 0x60\n", "OK\nOK 0x00ab\n"},
		{"a word is two ports, low byte first", "outw 0x60 0x1234\ninb 0x60\ninw 0x60\n", "OK\nOK 0x0034\nOK 0x1234\n"},
		{"four bytes are", "outl 0x60 0x12345678\ninl 0x60\ninw 0x62\n", "OK\nOK 0x12345678\nOK 0x1234\n"},
		{"a value that is too wide is cut", "outb 0x60 0x1ff\ninw 0x60\n", "OK\nOK 0x00ff\n"},
		{"a byte of memory", "writeb 0x10 0x7\nreadb 16\n", "OK\nOK 0x0000000000000007\n"},
		{"two bytes of memory", "writew 0x10 0x1234\nreadw 0x10\n", "OK\nOK 0x0000000000001234\n"},
		{"four bytes of memory", "writel 0x10 0x12345678\nreadl 0x10\n", "OK\nOK 0x0000000012345678\n"},
		{"eight bytes of memory", "writeq 0x10 0x123456789abcdef0\nreadq 0x10\n", "OK\nOK 0x123456789abcdef0\n"},
		{"numbers are C's", "writel 010 -1\nreadl 8\n", "OK\nOK 0x00000000ffffffff\n"},
		{"a block in hexadecimal", "write 0x10 3 0x0a0B0c\nread 0x10 0x4\n", "OK\nOK 0x0a0b0c00\n"},
		{"what a block's text lacks is zeros", "writel 0x10 0xffffffff\nwrite 0x10 3 0x01\nread 0x10 4\n", "OK\nOK\nOK 0x010000ff\n"},
		{"what a block's text has too much is dropped", "write 0x10 1 0x0102\nread 0x10 2\n", "OK\nOK 0x0100\n"},
		{"a block in base64", "b64write 0x10 5 aGVsbG8=\nb64read 0x10 5\n", "OK\nOK aGVsbG8=\n"},
		{"memory is filled", "memset 0x10 0x3 0xaa\nread 0xf 5\n", "OK\nOK 0x00aaaaaa00\n"},
		{"memory is filled with nothing", "memset 0x10 0 0xaa\n", "OK\n"},
		{"the clock steps", "clock_step 100\nclock_step 0x10\n", "OK 100\nOK 116\n"},
		{"the clock steps to a timer that is not there", "clock_step\n", "OK 0\n"},
		{"the clock is set, and does not go back", "clock_set 500\nclock_set 400\n", "OK 500\nOK 500\n"},
		{"interrupts are told before the answer to what raised them",
			"irq_intercept_in ioapic\nset_irq_in ioapic unnamed-gpio-in 5 1\nset_irq_in ioapic unnamed-gpio-in 5 0\n",
			"OK\nIRQ raise 5\nOK\nIRQ lower 5\nOK\n"},
		{"outputs that a device does not have can be intercepted", "irq_intercept_out ioapic\n", "OK\n"},
		{"the same device can be intercepted again", "irq_intercept_in ioapic\nirq_intercept_in ioapic\n", "OK\nOK\n"},
		{"spaces may be more than one", "  inb   0x60  \n", "OK 0x0000\n"},
		{"a line without its end is none", "inb 0x60\ninb 0x61", "OK 0x0000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := talk(t, new(board), c.says); got != c.want {
				t.Errorf("answers\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestWhatCannotBeDoneFailsAndTheNextCommandWorks(t *testing.T) {
	for _, c := range []struct{ name, says, want string }{
		{"a command that is not", "frobnicate 1\n", "Unknown command 'frobnicate'"},
		{"an empty line", "\n", "no command"},
		{"a word too few", "outb 0x60\n", "outb takes PORT VALUE"},
		{"a word too many", "inb 0x60 1\n", "inb takes PORT"},
		{"a port that is not", "outb 0x10000 1\n", "no port"},
		{"a number that is not", "readl 12z\n", "12z is not a number"},
		{"a number with underscores", "readl 1_0\n", "not a number"},
		{"a number beyond 64 bits", "readl 0x10000000000000000\n", "not a number"},
		{"a block of no size", "read 0x10 0\n", "size of 0"},
		{"a block that no client can want", "read 0x10 0xffffffffffffffff\n", "too long"},
		{"a fill that no client can want", "memset 0 0xffffffffffffffff 1\n", "too many"},
		{"half a digit", "write 0x10 1 0xa\n", "hexadecimal"},
		{"hexadecimal without its mark", "write 0x10 1 aa\n", "hexadecimal"},
		{"what is no base64", "b64write 0x10 1 !!!!\n", "base64"},
		{"a step beyond the end of time", "clock_step 0xffffffffffffffff\n", "cannot go that far"},
		{"a time beyond the end of time", "clock_set 0xffffffffffffffff\n", "cannot go that far"},
		{"a device that is not", "irq_intercept_in nobody\n", "Unknown device"},
		{"outputs of a device that is not", "irq_intercept_out nobody\n", "Unknown device"},
		{"an input that is not", "set_irq_in ioapic unnamed-gpio-in 99 1\n", "inputs 0 to 23"},
		{"an input with a name", "set_irq_in ioapic nmi 0 1\n", "unnamed-gpio-in"},
		{"a module", "module_load a b\n", "no modules"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := talk(t, new(board), c.says+"endianness\n")
			first, rest, _ := strings.Cut(got, "\n")
			if !strings.HasPrefix(first, "FAIL ") || !strings.Contains(first, c.want) || rest != "OK little\n" {
				t.Errorf("answers\n%swant FAIL with %q and OK little", got, c.want)
			}
		})
	}
}

func TestOneDeviceIsIntercepted(t *testing.T) {
	got := talk(t, new(board), "irq_intercept_in ioapic\nirq_intercept_in pic\n")
	if got != "OK\nFAIL IRQ intercept already enabled\n" {
		t.Errorf("answers\n%s", got)
	}
}

func TestALineIsAsLongAsItsBlock(t *testing.T) {
	b := new(board)
	const size = 60000
	got := talk(t, b, fmt.Sprintf("write 0x100 %d 0x%s\nreadq 0x%x\n", size, strings.Repeat("5a", size), 0x100+size-8))
	if got != "OK\nOK 0x5a5a5a5a5a5a5a5a\n" {
		t.Errorf("answers\n%.200s", got)
	}
}

func TestALineWithoutEndIsRefusedAndPassedOver(t *testing.T) {
	l := newLines(strings.NewReader(strings.Repeat("x", 1000) + "\ninb 1\n"))
	l.max = 100
	if _, err := l.next(); err != errTooLong {
		t.Errorf("the long line: %v", err)
	}
	if line, err := l.next(); line != "inb 1" || err != nil {
		t.Errorf("the line behind it: %q, %v", line, err)
	}
}

func TestAnInterruptIsToldWhileNobodyCommands(t *testing.T) {
	b := new(board)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	done := make(chan error, 1)
	go func() { defer ours.Close(); done <- Serve(ours, b, nil) }()
	if _, err := theirs.Write([]byte("irq_intercept_in ioapic\n")); err != nil {
		t.Fatal(err)
	}
	expect(t, theirs, "OK\n")
	b.watch(3, true) // by a device; it must not wait for the client
	b.watch(3, false)
	expect(t, theirs, "IRQ raise 3\nIRQ lower 3\n")
	theirs.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, 0, len(want))
	for len(got) < len(want) {
		p := make([]byte, len(want)-len(got))
		n, err := c.Read(p)
		if err != nil {
			t.Fatalf("%v behind %q, want %q", err, got, want)
		}
		got = append(got, p[:n]...)
	}
	if string(got) != want {
		t.Fatalf("read %q, want %q", got, want)
	}
}

func TestTheJournalHasBothSides(t *testing.T) {
	var log bytes.Buffer
	c := &conn{Reader: strings.NewReader("inb 0x60\n")}
	if err := Serve(c, new(board), &log); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(log.String(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "[R +") || !strings.HasSuffix(lines[0], "] inb 0x60") ||
		!strings.HasPrefix(lines[1], "[S +") || !strings.HasSuffix(lines[1], "] OK 0x0000") {
		t.Errorf("the journal is %q", lines)
	}
}

func TestNoMachineAnswersWithZeros(t *testing.T) {
	got := talk(t, None{}, "endianness\ninb 0x60\nreadl 0\nclock_step 5\nirq_intercept_in ioapic\n")
	want := "OK little\nOK 0x0000\nOK 0x0000000000000000\nOK 5\nFAIL Unknown device\n"
	if got != want {
		t.Errorf("answers\n%swant\n%s", got, want)
	}
}

func FuzzLines(f *testing.F) {
	for name := range commands {
		f.Add([]byte(name + " 0x10 2 0x0102\n"))
	}
	f.Add([]byte("memset 0 0xffffffff 0\nread 0 65536\nset_irq_in ioapic unnamed-gpio-in 99999999999 1\n"))
	f.Fuzz(func(t *testing.T, says []byte) {
		if len(says) > 4096 || bytes.Contains(says, []byte("memset")) && tooFar(says) {
			return
		}
		c := &conn{Reader: strings.NewReader(string(says))}
		if err := Serve(c, new(board), nil); err != nil {
			t.Fatal(err)
		}
		answers := 0
		for line := range strings.Lines(c.Buffer.String()) {
			switch {
			case strings.HasPrefix(line, "OK"), strings.HasPrefix(line, "FAIL "):
				answers++
			case !strings.HasPrefix(line, "IRQ "):
				t.Errorf("the answer %q", line)
			}
		}
		if n := bytes.Count(says, []byte("\n")); answers != n {
			t.Errorf("%d answers to %d lines", answers, n)
		}
	})
}

// tooFar keeps the fuzzer from filling gigabytes, which is allowed and slow.
func tooFar(says []byte) bool {
	for line := range strings.Lines(string(says)) {
		w := words(line)
		if len(w) == 4 && w[0] == "memset" {
			if n, err := number(w[2]); err == nil && n > 1<<20 {
				return true
			}
		}
	}
	return false
}
