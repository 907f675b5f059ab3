package i8042

import (
	"bytes"
	"testing"
)

// line counts edges.
type line struct {
	level bool
	rises int
}

func (l *line) Set(level bool) {
	if level && !l.level {
		l.rises++
	}
	l.level = level
}

// rig is a controller and its guest.
type rig struct {
	*testing.T
	*Controller
	irq    line
	resets int
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t}
	r.Controller = New(&r.irq, func() { r.resets++ })
	return r
}

func (r *rig) status() byte {
	p := []byte{0}
	r.Command().Read(0, p)
	return p[0]
}

// all reads the data port until the status says that it is empty.
func (r *rig) all() []byte {
	var got []byte
	for r.status()&statusFull != 0 {
		p := []byte{0}
		r.Data().Read(0, p)
		got = append(got, p[0])
	}
	return got
}

// port says where a byte is written.
type port struct {
	command bool
	v       byte
}

func cmd(v byte) port { return port{true, v} }
func dat(v byte) port { return port{false, v} }

func (r *rig) do(writes ...port) {
	for _, w := range writes {
		if w.command {
			r.Command().Write(0, []byte{w.v})
		} else {
			r.Data().Write(0, []byte{w.v})
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		writes []port
		want   []byte
		resets int
	}{
		{"the self-test passes", []port{cmd(0xaa)}, []byte{0x55}, 0},
		{"the keyboard port works", []port{cmd(0xab)}, []byte{0}, 0},
		{"the mouse port does not", []port{cmd(0xa9)}, []byte{1}, 0},
		{"the command byte reads back", []port{cmd(0x60), dat(0x74), cmd(0x20)}, []byte{0x74}, 0},
		{"switching both ports off and one on shows in the command byte", []port{cmd(0xad), cmd(0xa7), cmd(0xa8), cmd(0x20)}, []byte{0x55}, 0},
		{"switching the keyboard on shows too", []port{cmd(0xad), cmd(0xae), cmd(0x20)}, []byte{0x45}, 0},
		{"A20 is open", []port{cmd(0xd0)}, []byte{0x03}, 0},
		{"the output port can be written", []port{cmd(0xd1), dat(0xdf), cmd(0xd0)}, []byte{0xdf}, 0},
		{"the output port can reset", []port{cmd(0xd1), dat(0xde)}, nil, 1},
		{"0xfe resets", []port{cmd(0xfe)}, nil, 1},
		{"every pulse of line 0 resets", []port{cmd(0xf0)}, nil, 1},
		{"a pulse of no line resets nothing", []port{cmd(0xff)}, nil, 0},
		{"the input port says not inhibited", []port{cmd(0xc0)}, []byte{0x80}, 0},
		{"a byte for the keyboard's buffer comes back", []port{cmd(0xd2), dat(0x42)}, []byte{0x42}, 0},
		{"a byte for the mouse's buffer comes back", []port{cmd(0xd3), dat(0x5a)}, []byte{0x5a}, 0},
		{"a byte for the mouse gets no answer", []port{cmd(0xd4), dat(0xff)}, nil, 0},
		{"a command takes the place of one that waits", []port{cmd(0x60), cmd(0xaa), dat(0xee)}, []byte{0x55, 0xee}, 0},
		{"an unknown command does nothing", []port{cmd(0x05)}, nil, 0},
		{"the keyboard says who it is", []port{dat(0xf2)}, []byte{0xfa, 0xab, 0x83}, 0},
		{"the keyboard passes its test", []port{dat(0xff)}, []byte{0xfa, 0xaa}, 0},
		{"the keyboard takes parameters", []port{dat(0xed), dat(0x07), dat(0xf3), dat(0x00)}, []byte{0xfa, 0xfa, 0xfa, 0xfa}, 0},
		{"the keyboard starts with scan code set 2", []port{dat(0xf0), dat(0)}, []byte{0xfa, 0xfa, 2}, 0},
		{"the scan code set can be chosen", []port{dat(0xf0), dat(3), dat(0xf0), dat(0)}, []byte{0xfa, 0xfa, 0xfa, 0xfa, 3}, 0},
		{"the keyboard acknowledges what it does not know", []port{dat(0xf4)}, []byte{0xfa}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.do(c.writes...)
			if got := r.all(); !bytes.Equal(got, c.want) {
				t.Errorf("answers % x, want % x", got, c.want)
			}
			if r.resets != c.resets {
				t.Errorf("%d resets, want %d", r.resets, c.resets)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name string
		do   func()
		want byte
	}{
		{"at power on nothing waits and input is never full", func() {}, 0x14},
		{"a command shows as one", func() { r.do(cmd(0xad)) }, 0x1c},
		{"an answer waits", func() { r.do(cmd(0xaa)) }, 0x1d},
		{"data does not show as a command", func() { r.all(); r.do(cmd(0x60), dat(0x45)) }, 0x14},
		{"a reset empties the buffer", func() { r.do(dat(0xff)); r.Reset() }, 0x14},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.do()
			if got := r.status(); got != c.want {
				t.Errorf("%#x, want %#x", got, c.want)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	t.Run("each byte of the keyboard is an edge", func(t *testing.T) {
		r := newRig(t)
		r.do(dat(0xf2))
		r.all()
		if r.irq.rises != 3 || r.irq.level {
			t.Errorf("%d edges, level %v; want 3, low", r.irq.rises, r.irq.level)
		}
	})
	t.Run("an answer of the controller interrupts nobody", func(t *testing.T) {
		r := newRig(t)
		r.do(cmd(0xaa))
		if r.irq.rises != 0 {
			t.Error("it did")
		}
	})
	t.Run("the command byte can switch it off and on", func(t *testing.T) {
		r := newRig(t)
		r.do(cmd(0x60), dat(0x44), dat(0xf4))
		if r.irq.rises != 0 {
			t.Error("an interrupt though it is off")
		}
		r.do(cmd(0x60), dat(0x45))
		if r.irq.rises != 1 {
			t.Error("no interrupt for the byte that waits")
		}
	})
}

func TestAGuestThatNeverReadsFillsNothing(t *testing.T) {
	r := newRig(t)
	for range 1000 {
		r.do(dat(0xf2), cmd(0xaa))
	}
	if n := len(r.all()); n != queueSize {
		t.Errorf("%d bytes are kept, want %d", n, queueSize)
	}
	p := []byte{1}
	if r.Data().Read(0, p); p[0] != 0 {
		t.Errorf("an empty buffer reads %#x", p[0])
	}
}
