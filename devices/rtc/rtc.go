package rtc

import (
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/devices"
)

const size = 128

// updateTime is how long before a second ends UIP is set: a guest that sees it clear has that long to read the time (datasheet: tBUC).
const updateTime = 244 * time.Microsecond

// Clock is the device, a devices.Region of two ports. Any goroutine may use it.
type Clock struct {
	now func() time.Time

	mu     sync.Mutex
	index  byte
	ram    [size]byte    // all registers; those of the time are right only while the guest sets it
	offset time.Duration // what the guest's setting adds to now
}

// New makes a clock that shows what now returns, in its location: pass a UTC time for -rtc base=utc, QEMU's default.
func New(now func() time.Time) *Clock {
	c := &Clock{now: now}
	c.ram[regA] = 0x26 // 32768 Hz, no update in progress
	c.ram[regB] = hours24
	c.ram[regD] = validRAM
	c.ram[regEquipment] = 0x06 // FPU and PS/2 mouse port, as QEMU
	c.put16(regBaseKiB, 640)
	return c
}

// SetMemory tells the size of RAM below and above 4 GiB, in bytes.
func (c *Clock) SetMemory(below4G, above4G uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ext := min(over(below4G, 1<<20)>>10, 0xffff)
	c.put16(regAbove1M, ext)
	c.put16(regAbove1M2, ext)
	c.put16(regAbove16M, min(over(below4G, 16<<20)>>16, 0xffff))
	c.put16(regAbove4G, above4G>>16)
	c.ram[regAbove4G+2] = byte(above4G >> 32)
}

// Set stores a byte of CMOS memory (NVRAM); the index has seven bits.
func (c *Clock) Set(index, v byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ram[index%size] = v
}

func (c *Clock) put16(reg int, v uint64) { c.ram[reg], c.ram[reg+1] = byte(v), byte(v>>8) }

// over is how much of v lies over base.
func over(v, base uint64) uint64 { return max(v, base) - base }

// Read answers at the data port; the index port cannot be read. Wider accesses have no meaning and read as ones behind the
// first byte.
func (c *Clock) Read(off uint64, p []byte) {
	devices.Ones(p)
	if off != 1 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p[0] = c.read(c.index)
}

// Write takes a byte for each port.
func (c *Clock) Write(off uint64, p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, v := range p {
		switch off + uint64(i) {
		case 0:
			c.index = v % size // bit 7 masks NMI
		case 1:
			c.write(c.index, v)
		}
	}
}

func (c *Clock) read(reg byte) byte {
	switch {
	case isTime(reg):
		c.latch()
	case reg == regA && c.aboutToChange():
		return c.ram[regA] | updating
	}
	return c.ram[reg]
}

func (c *Clock) write(reg, v byte) {
	switch {
	case reg == regC || reg == regD: // read-only
	case reg == regA:
		c.ram[regA] = v &^ updating
	case reg == regB:
		c.setMode(v)
	case isTime(reg):
		c.latch()
		c.ram[reg] = v
		c.adjust()
	default:
		c.ram[reg] = v
	}
}

// aboutToChange is UIP.
func (c *Clock) aboutToChange() bool {
	left := time.Second - time.Duration(c.time().Nanosecond())
	return c.ram[regB]&setting == 0 && left <= updateTime
}
