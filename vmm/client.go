package vmm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/drydock-vmm/drydock/devices"
)

// What follows is the machine for a client of qtest: what a CPU could do, and the wires. It is for the accelerator QTest.

// In and Out are accesses of 1, 2 or 4 bytes to an I/O port, little endian.
func (m *Machine) In(port uint16, p []byte) {
	devices.Ones(p)
	_ = m.use(func(pc *pc) error { pc.port(false, uint64(port), p); return nil })
}

func (m *Machine) Out(port uint16, p []byte) {
	_ = m.use(func(pc *pc) error { pc.port(true, uint64(port), p); return nil })
}

// Read and Write access guest-physical memory, RAM and devices alike. 2, 4 or 8 bytes of RAM are one load or store.
func (m *Machine) Read(addr uint64, p []byte) {
	_ = m.use(func(pc *pc) error { pc.access(false, addr, p); return nil })
}

func (m *Machine) Write(addr uint64, p []byte) {
	_ = m.use(func(pc *pc) error { pc.access(true, addr, p); return nil })
}

// access cuts at the borders of RAM, and at those of an aligned access of a device.
func (m *pc) access(write bool, addr uint64, p []byte) {
	for len(p) > 0 {
		n := len(p)
		if ram := m.ram.from(addr); len(ram) > 0 {
			n = min(n, len(ram))
			transfer(write, ram[:n], p[:n])
		} else {
			n = piece(addr, n)
			m.memory(write, addr, p[:n])
		}
		addr, p = addr+uint64(n), p[n:]
	}
}

// piece is how many of n bytes a CPU's access to a device would take: 8, 4, 2 or 1, aligned.
func piece(addr uint64, n int) int {
	size := 8
	for size > n || addr%uint64(size) != 0 {
		size /= 2
	}
	return size
}

// transfer moves bytes between RAM and a client. Fields of rings are moved whole: copy makes two stores of two bytes.
func transfer(write bool, ram, p []byte) {
	if !write {
		ram, p = p, ram
	}
	le := binary.LittleEndian
	switch len(p) {
	case 2:
		le.PutUint16(ram, le.Uint16(p))
	case 4:
		le.PutUint32(ram, le.Uint32(p))
	case 8:
		le.PutUint64(ram, le.Uint64(p))
	default:
		copy(ram, p)
	}
}

// storeLE stores four bytes at once.
func storeLE(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }

// Clock is the virtual clock in nanoseconds.
func (m *Machine) Clock() (now int64) {
	_ = m.onQTest(func(q *qtestAccel) error { now = int64(q.time.now()); return nil })
	return now
}

// SetClock moves the virtual clock forward to ns, and returns what it is then.
func (m *Machine) SetClock(ns int64) (now int64) {
	_ = m.onQTest(func(q *qtestAccel) error { now = q.time.set(ns); return nil })
	return now
}

// Known says whether there is a device with wires of that name: the interrupt controller alone, whose inputs are all wires there
// are. The name may be a path that ends in it, as in QEMU.
func (m *Machine) Known(device string) bool {
	return device == interruptController || strings.HasSuffix(device, "/"+interruptController)
}

const interruptController = "ioapic"

// Intercept has watch told each change of an input of the interrupt controller, "ioapic". It must not block.
func (m *Machine) Intercept(device string, watch func(input int, level bool)) error {
	return m.onQTest(func(q *qtestAccel) error {
		if !m.Known(device) {
			return ErrNoDevice
		}
		for i := range q.wires {
			q.wires[i].intercept(watch)
		}
		return nil
	})
}

// SetInput drives an input of the interrupt controller, beside the devices.
func (m *Machine) SetInput(device string, input int, level bool) error {
	return m.onQTest(func(q *qtestAccel) error {
		if !m.Known(device) {
			return ErrNoDevice
		}
		if input < 0 || input >= len(q.wires) {
			return fmt.Errorf("%s has inputs 0 to %d", device, len(q.wires)-1)
		}
		q.clients[input].Set(level)
		return nil
	})
}

func (m *Machine) onQTest(f func(*qtestAccel) error) error {
	return m.use(func(p *pc) error {
		q, ok := p.accel.(*qtestAccel)
		if !ok {
			return errors.New("vmm: the machine is not run for qtest")
		}
		return f(q)
	})
}
