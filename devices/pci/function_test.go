package pci

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// journal keeps what callbacks were told, in order.
type journal []string

func (j *journal) mapped(addr uint64, ok bool) { *j = append(*j, fmt.Sprintf("%#x %v", addr, ok)) }
func (j *journal) Set(level bool)              { *j = append(*j, fmt.Sprint(level)) }

func (j *journal) want(t *testing.T, want ...string) {
	t.Helper()
	if fmt.Sprint(*j) != fmt.Sprint(journal(want)) {
		t.Errorf("told %v, want %v", *j, want)
	}
	*j = nil
}

func TestWriteMasksAreThoseOfQEMU(t *testing.T) {
	for _, c := range []struct {
		name string
		reg  int
		want uint32
	}{
		{"vendor and device are read-only", 0x00, 0x10001af4},
		{"COMMAND keeps I/O, memory, master, SERR and INTx disable; STATUS is read-only", 0x04, 0x00100507},
		{"class and revision are read-only", 0x08, 0x02000000},
		{"cache line size is writable, latency timer and header type are not", 0x0c, 0x000000ff},
		{"subsystem is read-only", 0x2c, 0x00011af4},
		{"the capability pointer is read-only", 0x34, 0x00000098},
		{"interrupt line is writable, pin is not", 0x3c, 0x000001ff},
		{"a capability without a mask is read-only", 0x40, 0x01100009},
		{"MSI-X control keeps enable and function mask", 0x98, 0xc0038411},
		{"bytes behind the capabilities are storage", 0xa4, 0xffffffff},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := variants[0].build()
			write32(f, c.reg, 0xffffffff)
			if got := read32(f, c.reg); got != c.want {
				t.Errorf("%08x, want %08x", got, c.want)
			}
		})
	}
}

func TestAccessesOutsideConfigurationSpace(t *testing.T) {
	f := variants[0].build()
	p := []byte{1, 2, 3, 4}
	f.ReadConfig(0xfe, p)
	if !bytes.Equal(p, []byte{0, 0, 0, 0}) {
		t.Errorf("a read across the end gives % x", p)
	}
	f.ReadConfig(0x100, p)
	if !bytes.Equal(p, []byte{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("a read beyond the end gives % x", p)
	}
	before := whole(f)
	f.WriteConfig(0x100, p)
	f.WriteConfig(-4, p)
	equalDump(t, whole(f), before)
}

func TestBARTellsRealChangesOnly(t *testing.T) {
	var mem, io journal
	f := NewFunction(transitional)
	f.AddBAR(0, IO, 0x20, nothing{}, io.mapped)
	f.AddBAR(4, Mem64Prefetch, 0x4000, nothing{}, mem.mapped)
	for _, c := range []struct {
		name    string
		do      func()
		mem, io []string
	}{
		{"an address alone decodes nothing", func() { write32(f, 0x20, 0xe0000000); write32(f, 0x10, 0xc000) }, nil, nil},
		{"memory decoding switches on memory alone", func() { write16(f, 4, 2) }, []string{"0xe0000000 true"}, nil},
		{"I/O decoding joins", func() { write16(f, 4, 3) }, nil, []string{"0xc000 true"}},
		{"the same address again is no change", func() { write32(f, 0x20, 0xe0000000) }, nil, nil},
		{"bus master is no change", func() { write16(f, 4, 7) }, nil, nil},
		{"low bits are not part of an address", func() { write32(f, 0x10, 0xc01f) }, nil, nil},
		{"a move is one change", func() { write32(f, 0x20, 0xe0100000) }, []string{"0xe0100000 true"}, nil},
		{"the upper half counts", func() { write32(f, 0x24, 1) }, []string{"0x1e0100000 true"}, nil},
		{"sizing the whole register unmaps", func() { write32(f, 0x10, 0xffffffff) }, nil, []string{"0x0 false"}},
		{"restoring maps again", func() { write32(f, 0x10, 0xc000) }, nil, []string{"0xc000 true"}},
		{"the last ports decode", func() { write32(f, 0x10, 0xffe0) }, nil, []string{"0xffe0 true"}},
		{"an I/O address above 64K decodes nothing", func() { write32(f, 0x10, 0x1c000) }, nil, []string{"0x0 false"}},
		{"a device that switches decoding off is told too", func() { f.SetCommand(5) }, []string{"0x0 false"}, nil},
		{"zero is no address", func() { f.SetCommand(7); write32(f, 0x20, 0); write32(f, 0x24, 0) },
			[]string{"0x1e0100000 true", "0x100000000 true", "0x0 false"}, nil},
		{"a reset unmaps what was mapped", func() { write32(f, 0x20, 0xe0000000); f.Reset(); f.Reset() },
			[]string{"0xe0000000 true", "0x0 false"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.do()
			mem.want(t, c.mem...)
			io.want(t, c.io...)
		})
	}
}

func TestSizing64BitBARUnmapsAtTheTop(t *testing.T) {
	var mem journal
	f := NewFunction(transitional)
	f.AddBAR(4, Mem64Prefetch, 0x4000, nothing{}, mem.mapped)
	write16(f, 4, 2)
	f.WriteConfig(0x20, bytes.Repeat([]byte{0xff}, 8))
	mem.want(t)
}

func TestINTx(t *testing.T) {
	var pin journal
	f := NewFunction(transitional)
	f.SetPin(&pin)
	for _, c := range []struct {
		name   string
		do     func()
		status uint32
		pin    []string
	}{
		{"the pin follows the level", func() { f.SetLevel(true) }, 8, []string{"true"}},
		{"the same level again is no change", func() { f.SetLevel(true) }, 8, nil},
		{"COMMAND bit 10 lowers the pin but not STATUS", func() { write16(f, 4, 0x400) }, 8, []string{"false"}},
		{"STATUS falls while the pin is disabled", func() { f.SetLevel(false) }, 0, nil},
		{"and rises", func() { f.SetLevel(true) }, 8, nil},
		{"enabling the pin shows the level", func() { write16(f, 4, 0) }, 8, []string{"true"}},
		{"a device may disable the pin itself", func() { f.SetCommand(0x400) }, 8, []string{"false"}},
		{"a reset lowers the level", func() { f.Reset() }, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.do()
			pin.want(t, c.pin...)
			if got := read32(f, 4) >> 16 & 8; got != c.status {
				t.Errorf("STATUS bit 3 is %#x, want %#x", got, c.status)
			}
			var b [1]byte
			f.ReadConfig(6, b[:])
			if got := uint32(b[0] & 8); got != c.status {
				t.Errorf("read as a byte: %#x, want %#x", got, c.status)
			}
		})
	}
}

func TestOnCommandHearsTheGuestNotTheDevice(t *testing.T) {
	var told []string
	f := NewFunction(transitional)
	f.OnCommand(func(old, now uint16) { told = append(told, fmt.Sprintf("%x>%x", old, now)) })
	write16(f, 4, 7)
	write16(f, 4, 7)
	f.SetCommand(3)
	write16(f, 4, 0xffff)
	f.WriteConfig(5, []byte{0}) // the other byte
	if fmt.Sprint(told) != "[0>7 7>7 3>507]" {
		t.Errorf("told %v", told)
	}
}

func TestADeviceMayChangeSomeBitsOfCommand(t *testing.T) {
	f := NewFunction(transitional)
	write16(f, 4, CommandIO|CommandMemory)
	if now := f.UpdateCommand(CommandBusMaster|1<<3, CommandMemory); now != CommandIO|CommandBusMaster || f.Command() != now {
		t.Errorf("COMMAND %#x, want %#x", f.Command(), CommandIO|CommandBusMaster)
	}
}

func TestHookSeesEachAccessThatTouchesIt(t *testing.T) {
	f := NewFunction(transitional)
	off := f.AddCapability(CapabilityVendor, make([]byte, 18), bytes.Repeat([]byte{0xff}, 18))
	var reads, writes int
	var last [4]byte
	f.HookConfig(off+16, 4,
		func(p []byte) { reads++; copy(p, "abcd") },
		func(p []byte) { writes++; copy(last[:], p) })

	p := make([]byte, 4)
	f.ReadConfig(off+16, p)
	if string(p) != "abcd" || reads != 1 {
		t.Errorf("read %q after %d calls", p, reads)
	}
	f.ReadConfig(off+19, p[:1])
	f.ReadConfig(off+12, p)
	if reads != 2 {
		t.Errorf("%d read calls, want 2: one byte of the range counts, its neighbour does not", reads)
	}
	f.WriteConfig(off+18, []byte{1, 2})
	if writes != 1 || !bytes.Equal(last[:], []byte{'a', 'b', 1, 2}) {
		t.Errorf("%d write calls, live bytes % x", writes, last)
	}
}

// A device that stops inside a hook waits for its goroutines; those may be about to raise an interrupt.
func TestDeviceMayInterruptWhileAHookRuns(t *testing.T) {
	f := NewFunction(transitional)
	off := f.AddCapability(CapabilityVendor, make([]byte, 18), nil)
	f.HookConfig(off, 4, func([]byte) {
		done := make(chan struct{})
		go func() {
			f.SetLevel(true)
			f.SetCommand(f.Command() | CommandBusMaster)
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Error("SetLevel or SetCommand waits for the access")
		}
	}, nil)
	read32(f, off)
}

func TestBuildingAnImpossibleFunctionPanics(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(f *Function)
	}{
		{"a BAR whose size is no power of two", func(f *Function) { f.AddBAR(0, IO, 24, nothing{}, nil) }},
		{"a seventh BAR", func(f *Function) { f.AddBAR(6, IO, 32, nothing{}, nil) }},
		{"a 64-bit BAR in the last register", func(f *Function) { f.AddBAR(5, Mem64Prefetch, 32, nothing{}, nil) }},
		{"a BAR in the upper half of another", func(f *Function) {
			f.AddBAR(2, Mem64Prefetch, 32, nothing{}, nil)
			f.AddBAR(3, IO, 32, nothing{}, nil)
		}},
		{"an I/O BAR of more than all ports", func(f *Function) { f.AddBAR(0, IO, 1<<17, nothing{}, nil) }},
		{"more capabilities than fit", func(f *Function) { f.AddCapability(9, make([]byte, 200), nil) }},
		{"no MSI-X vectors", func(f *Function) { f.AddMSIX(0, 1, new(recorder)) }},
		{"more MSI-X vectors than 2048", func(f *Function) { f.AddMSIX(2049, 1, new(recorder)) }},
		{"a ROM smaller than its contents", func(f *Function) { f.AddROM(0x800, make([]byte, 0x801)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			c.do(NewFunction(transitional))
		})
	}
}

func TestABusResetKeepsWhatBelongsToNoRegister(t *testing.T) {
	f := NewFunction(transitional)
	at := f.AddCapability(CapabilityVendor, make([]byte, 6), bytes.Repeat([]byte{0xff}, 6))
	f.storage(0x80, 1, 2)
	for _, off := range []int{0x0c, at + 4, 0x80, 0xf0} {
		write16(f, off, 0x5555)
	}
	f.Reset()
	for _, c := range []struct {
		name string
		off  int
		want uint32
	}{
		{"the header is as at power on", 0x0c, 0},
		{"a capability's field stays", at + 4, 0x5555},
		{"a register of the chip is as at power on", 0x80, 0x0201},
		{"a byte of no register stays", 0xf0, 0x5555},
	} {
		if got := read32(f, c.off) & 0xffff; got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
	}
}
