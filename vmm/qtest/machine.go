package qtest

// A Machine is what a client drives. Commands call it one after the other.
type Machine interface {
	Buses
	Clock
	Wires
}

// Buses are what a CPU sees. p is little endian; what nobody answers is the machine's business.
type Buses interface {
	In(port uint16, p []byte) // 1, 2 or 4 bytes
	Out(port uint16, p []byte)
	Read(addr uint64, p []byte) // of any length, RAM and devices alike
	Write(addr uint64, p []byte)
}

// Clock is the virtual clock, in nanoseconds since the machine was made.
type Clock interface {
	Clock() int64
	// SetClock moves it forward to ns, fires what is due, and returns what the clock is then.
	SetClock(ns int64) int64
}

// Wires are the interrupt inputs of devices that the client can name.
type Wires interface {
	// Intercept has watch told each change of an input of the device. watch does not block.
	Intercept(device string, watch func(input int, level bool)) error
	SetInput(device string, input int, level bool) error
	// Known says whether there is such a device.
	Known(device string) bool
}

// None is a machine in which nothing answers: QEMU's "none". Reads are zeros.
type None struct{}

func (None) In(_ uint16, p []byte)   { clear(p) }
func (None) Out(uint16, []byte)      {}
func (None) Read(_ uint64, p []byte) { clear(p) }
func (None) Write(uint64, []byte)    {}

func (None) Clock() int64            { return 0 }
func (None) SetClock(ns int64) int64 { return ns }

func (None) Intercept(string, func(int, bool)) error { return errUnknownDevice }
func (None) SetInput(string, int, bool) error        { return errUnknownDevice }
func (None) Known(string) bool                       { return false }
