package pci

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// recorder is an MSI that counts.
type recorder struct {
	mu      sync.Mutex
	fail    bool
	program []string
	sent    atomic.Int64
}

func (r *recorder) Program(v int, addr uint64, data uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.program = append(r.program, fmt.Sprintf("%d:%x=%x", v, addr, data))
	if r.fail {
		return errors.New("no route left")
	}
	return nil
}

func (r *recorder) Signal(int) { r.sent.Add(1) }

// A card is a function with MSI-X in BAR 1, and its driver.
type card struct {
	*testing.T
	f   *Function
	x   *MSIX
	bar *msixBAR
	rec *recorder
}

func newCard(t *testing.T, vectors int) card {
	rec := new(recorder)
	f := NewFunction(transitional)
	x := f.AddMSIX(vectors, 1, rec)
	write16(f, regCommand, CommandBusMaster)
	return card{t, f, x, f.bars[0].region.(*msixBAR), rec}
}

func (c card) control(v uint16) { write16(c.f, 0x42, v) }

func (c card) write(off uint64, v uint32) {
	c.bar.Write(off, binary.LittleEndian.AppendUint32(nil, v))
}

func (c card) read(off uint64) uint32 {
	var p [4]byte
	c.bar.Read(off, p[:])
	return binary.LittleEndian.Uint32(p[:])
}

// vector programs row v as Linux does: masked, three writes, unmask.
func (c card) vector(v int, addr uint64, data uint32) {
	at := uint64(16 * v)
	c.write(at, uint32(addr))
	c.write(at+4, uint32(addr>>32))
	c.write(at+8, data)
	c.write(at+12, 0)
}

func (c card) want(what string, sent int64, pending uint32) {
	c.Helper()
	if got := c.rec.sent.Load(); got != sent {
		c.Errorf("%s: %d messages, want %d", what, got, sent)
	}
	if got := c.read(0x800); got != pending {
		c.Errorf("%s: pending bits %#x, want %#x", what, got, pending)
	}
}

func TestMSIXMasking(t *testing.T) {
	t.Run("an entry starts masked", func(t *testing.T) {
		c := newCard(t, 4)
		for v := range uint64(4) {
			if got := c.read(16*v + 12); got != 1 {
				t.Errorf("vector control %d is %#x, want 1", v, got)
			}
		}
	})
	t.Run("while MSI-X is off nothing is sent or pending", func(t *testing.T) {
		c := newCard(t, 4)
		c.vector(0, 0xfee00000, 0x21)
		c.x.Signal(0)
		c.want("off", 0, 0)
	})
	t.Run("a masked vector waits and is delivered once at unmask", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.x.Signal(2)
		c.x.Signal(2)
		c.want("masked", 0, 4)
		c.vector(2, 0xfee00000, 0x21)
		c.want("unmasked", 1, 0)
		c.x.Signal(2)
		c.want("signalled", 2, 0)
	})
	t.Run("a message of a function that is no bus master is lost", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.vector(0, 0xfee00000, 0x21)
		c.x.Signal(1)
		write16(c.f, regCommand, 0)
		c.x.Signal(0)
		c.vector(1, 0xfee00000, 0x22)
		c.want("no master", 0, 0)
		c.f.UpdateCommand(CommandBusMaster, 0)
		c.want("master again", 0, 0)
		c.x.Signal(0)
		c.want("signalled", 1, 0)
	})
	t.Run("the function mask holds back all vectors", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0xc000)
		c.vector(0, 0xfee00000, 0x21)
		c.vector(1, 0xfee00000, 0x22)
		c.x.Signal(0)
		c.x.Signal(1)
		c.want("masked", 0, 3)
		c.control(0x8000)
		c.want("unmasked", 2, 0)
	})
	t.Run("a guest's write to the pending bits is ignored", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.x.Signal(0)
		c.write(0x800, 0)
		c.want("written", 0, 1)
	})
	t.Run("a device may forget what is pending", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.x.Signal(0)
		c.x.ClearPending(0)
		c.vector(0, 0xfee00000, 0x21)
		c.want("forgotten", 0, 0)
	})
	t.Run("a vector outside the table is nobody's", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.x.Signal(4)
		c.x.Signal(-1)
		c.x.Signal(0xffff)
		c.x.ClearPending(0xffff)
		c.want("outside", 0, 0)
	})
	t.Run("a reset masks, disables and forgets", func(t *testing.T) {
		c := newCard(t, 4)
		c.control(0x8000)
		c.vector(0, 0xfee00000, 0x21)
		c.x.Signal(1)
		c.f.Reset()
		if c.x.Enabled() || c.read(12) != 1 || c.read(0) != 0 {
			t.Error("the table survived a reset")
		}
		c.x.Signal(0)
		c.want("reset", 0, 0)
	})
	t.Run("a vector that the machine refuses stays silent and pending", func(t *testing.T) {
		c := newCard(t, 4)
		c.rec.fail = true
		c.control(0x8000)
		c.vector(0, 0xfee00000, 0x21)
		c.x.Signal(0)
		c.want("refused", 0, 1)
	})
}

func TestMSIXProgramsWhatIsUsed(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(c card)
		want []string
	}{
		{"one row written in pieces is one message", func(c card) {
			c.control(0x8000)
			c.vector(1, 0x1_fee00000, 0x4021)
		}, []string{"1:1fee00000=4021"}},
		{"a row that stays masked is none", func(c card) {
			c.control(0x8000)
			c.write(0, 0xfee00000)
		}, nil},
		{"rows written before MSI-X is on are told when it goes on", func(c card) {
			c.vector(0, 0xfee00000, 1)
			c.control(0x8000)
		}, []string{"0:fee00000=1"}},
		{"masking and unmasking the same message tells nothing new", func(c card) {
			c.control(0x8000)
			c.vector(0, 0xfee00000, 1)
			c.write(12, 1)
			c.write(12, 0)
		}, []string{"0:fee00000=1"}},
		{"a new address is told at unmask", func(c card) {
			c.control(0x8000)
			c.vector(0, 0xfee00000, 1)
			c.write(12, 1)
			c.write(0, 0xfee01000)
			c.write(12, 0)
		}, []string{"0:fee00000=1", "0:fee01000=1"}},
		{"a change while unmasked is told at once", func(c card) {
			c.control(0x8000)
			c.vector(0, 0xfee00000, 1)
			c.write(8, 2)
		}, []string{"0:fee00000=1", "0:fee00000=2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newCard(t, 4)
			c.do(d)
			if got := fmt.Sprint(d.rec.program); got != fmt.Sprint(c.want) {
				t.Errorf("told %v, want %v", got, c.want)
			}
		})
	}
}

func TestMSIXTellsWhenItIsSwitchedOn(t *testing.T) {
	c := newCard(t, 2)
	told := 0
	c.x.OnEnable(func() {
		if !c.x.Enabled() {
			t.Error("the device is told before it is so")
		}
		told++
	})
	for i, step := range []struct {
		control uint16
		told    int
	}{
		{msixFunctionMask, 0}, {msixEnable | msixFunctionMask, 1}, {msixEnable, 1}, {msixEnable, 1}, {0, 1}, {msixEnable, 2},
	} {
		c.control(step.control)
		if told != step.told {
			t.Errorf("step %d, control %#x: told %d times, want %d", i, step.control, told, step.told)
		}
	}
}

func TestMSIXTableAccess(t *testing.T) {
	c := newCard(t, 4)
	c.bar.Write(16, binary.LittleEndian.AppendUint64(nil, 0x1122334455667788))
	c.bar.Write(24, binary.LittleEndian.AppendUint64(nil, 0xfffffffe_99aabbcc))
	for _, r := range []struct {
		name string
		off  uint64
		size int
		want uint64
	}{
		{"four bytes of an address", 16, 4, 0x55667788},
		{"its upper half", 20, 4, 0x11223344},
		{"eight bytes of an address", 16, 8, 0x1122334455667788},
		{"data and vector control, all bits of which are kept, in one access", 24, 8, 0xfffffffe_99aabbcc},
		{"a byte reads as zero", 16, 1, 0},
		{"two bytes read as zero", 16, 2, 0},
		{"an unaligned access reads as zero", 17, 4, 0},
		{"eight bytes that are aligned to four are two accesses", 20, 8, 0x99aabbcc_11223344},
		{"behind the table is zero", 0x40, 4, 0},
		{"behind the pending bits is zero", 0x808, 4, 0},
	} {
		t.Run(r.name, func(t *testing.T) {
			p := make([]byte, 8)
			c.bar.Read(r.off, p[:r.size])
			if got := binary.LittleEndian.Uint64(p); got != r.want {
				t.Errorf("reads %#x, want %#x", got, r.want)
			}
		})
	}
	t.Run("a write of a byte is dropped", func(t *testing.T) {
		c.bar.Write(16, []byte{0})
		if got := c.read(16); got != 0x55667788 {
			t.Errorf("reads %#x", got)
		}
	})
}

// The sizes were measured on QEMU 7.2 with vectors=N.
func TestMSIXBARSize(t *testing.T) {
	for _, c := range []struct {
		vectors   int
		size, pba uint32
	}{
		{1, 0x1000, 0x801}, {4, 0x1000, 0x801}, {128, 0x1000, 0x801}, {129, 0x1000, 0x811}, {130, 0x1000, 0x821},
		{256, 0x2000, 0x1001}, {2048, 0x10000, 0x8001},
	} {
		t.Run(fmt.Sprint(c.vectors, " vectors"), func(t *testing.T) {
			d := newCard(t, c.vectors)
			write32(d.f, 0x14, 0xffffffff)
			if got := -read32(d.f, 0x14); got != c.size {
				t.Errorf("BAR of %#x bytes, want %#x", got, c.size)
			}
			if got := read32(d.f, 0x48); got != c.pba {
				t.Errorf("PBA register %#x, want %#x", got, c.pba)
			}
			if got := int(read32(d.f, 0x40)>>16&0x7ff) + 1; got != c.vectors {
				t.Errorf("message control says %d vectors", got)
			}
		})
	}
}

// Each signal must be followed by a message.
func TestMSIXLosesNoInterruptWhileVCPUsMask(t *testing.T) {
	c := newCard(t, 1)
	c.control(0x8000)
	c.vector(0, 0xfee00000, 1)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				c.write(12, 1)
				c.control(0xc000)
				c.control(0x8000)
				c.write(12, 0)
			}
		}
	})
	for i := range 2000 {
		before := c.rec.sent.Load()
		c.x.Signal(0)
		for began := time.Now(); c.rec.sent.Load() == before; runtime.Gosched() {
			if time.Since(began) > time.Minute {
				t.Fatalf("interrupt %d was lost", i)
			}
		}
	}
	close(stop)
	wg.Wait()
}

func TestMSIXSignalAllocatesNothing(t *testing.T) {
	c := newCard(t, 4)
	c.control(0x8000)
	c.vector(0, 0xfee00000, 1)
	if n := testing.AllocsPerRun(100, func() { c.x.Signal(0); c.x.Signal(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMSIXSignal(b *testing.B) {
	f := NewFunction(transitional)
	x := f.AddMSIX(4, 1, new(recorder))
	write16(f, regCommand, CommandBusMaster)
	write16(f, 0x42, 0x8000)
	f.bars[0].region.Write(12, []byte{0, 0, 0, 0})
	b.ReportAllocs()
	for b.Loop() {
		x.Signal(0)
	}
}
