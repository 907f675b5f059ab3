package kvm

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

const doorbellPort = 0x500

// The guests write 0x1111 and 0x2222 as words and 0x22 as a byte.
var (
	portWrites = []byte{
		0xba, 0x00, 0x05, // mov dx, doorbellPort
		0xb8, 0x11, 0x11, 0xef, // mov ax, 0x1111; out dx, ax
		0xb8, 0x22, 0x22, 0xef, 0xee, // mov ax, 0x2222; out dx, ax; out dx, al
		0xf4,
	}
	memoryWrites = []byte{
		0xb8, 0x11, 0x11, 0x64, 0xa3, 0x10, 0x00, // mov ax, 0x1111; mov fs:[0x10], ax
		0xb8, 0x22, 0x22, 0x64, 0xa3, 0x10, 0x00, // mov ax, 0x2222; mov fs:[0x10], ax
		0x64, 0xa2, 0x10, 0x00, // mov fs:[0x10], al
		0xf4,
	}
)

// exitsToHalt runs until HLT and counts the exits before.
func (g *guest) exitsToHalt() (n int) {
	g.t.Helper()
	for {
		switch e := g.run().(type) {
		case *ExitIO, *ExitMMIO:
			n++
		case ExitHLT:
			return n
		default:
			g.t.Fatal(e)
		}
	}
}

func TestAnIOEventFDCountsTheWritesItAsksFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		event IOEventFD
		count uint64
		exits int
	}{
		{"without a length it takes all", IOEventFD{}, 3, 0},
		{"with a length it takes those of that width", IOEventFD{Len: 2}, 2, 1},
		{"with a match it takes those of that value", IOEventFD{Len: 2, Match: true, Data: 0x2222}, 1, 2},
		{"a match of 0 is a match", IOEventFD{Len: 2, Match: true}, 0, 3},
		{"a width that nobody uses takes nothing", IOEventFD{Len: 4}, 0, 3},
	} {
		for _, pio := range []bool{true, false} {
			name, code := c.name+" in memory space", memoryWrites
			c.event.PIO, c.event.Addr = pio, mmioBase+0x10
			if pio {
				name, code = c.name+" in port space", portWrites
				c.event.Addr = doorbellPort
			}
			t.Run(name, func(t *testing.T) {
				g, event := newGuest(t, bare, code...), c.event
				g.fs(mmioBase)
				event.FD = eventfd(t)
				check(t, g.vm.AssignIOEventFD(event))
				if exits := g.exitsToHalt(); exits != c.exits {
					t.Errorf("%d exits, want %d", exits, c.exits)
				}
				if n := count(t, event.FD); n != c.count {
					t.Errorf("counted %d, want %d", n, c.count)
				}
				check(t, g.vm.DeassignIOEventFD(event))
				g.load(code...)
				g.fs(mmioBase)
				if exits := g.exitsToHalt(); exits != 3 {
					t.Errorf("%d exits after deassigning, want 3", exits)
				}
			})
		}
	}
}

func TestTwoIOEventFDsForOneWriteAreRefused(t *testing.T) {
	vm := newVM(t)
	event := IOEventFD{FD: eventfd(t), PIO: true, Addr: doorbellPort, Len: 2, Match: true, Data: 1}
	check(t, vm.AssignIOEventFD(event))
	if err := vm.AssignIOEventFD(event); !errors.Is(err, unix.EEXIST) {
		t.Errorf("the same again: %v", err)
	}
	event.Data = 2
	check(t, vm.AssignIOEventFD(event))
}
