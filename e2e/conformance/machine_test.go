package conformance

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const (
	slot    = 4
	ramSize = 64 << 20 // taken from the host as it is touched

	// patience is far more than anything here takes, on a machine full of other work too; glance is how long something that must not happen gets to happen.
	patience = time.Minute
	glance   = 10 * time.Millisecond
)

// An env is where one sentence is checked in one column.
type env struct {
	*testing.T
	column column
}

// A machine is a PCI bus with one virtio function, after firmware: BARs placed, decoding and bus master on.
type machine struct {
	*testing.T
	*board
	column column
	root   *pci.Root
	memory *memory
	bars   [6]bar
}

// attach puts a device on PCI in the way of the column. change, if not nil, changes the properties of the function.
func (e *env) attach(dev virtio.Device, change func(*virtiopci.Config)) *machine {
	e.Helper()
	m := &machine{T: e.T, board: newBoard(), column: e.column, root: pci.NewRoot(), memory: newMemory(virtiotest.NewRAM(e, ramSize))}
	if e.column == packedRings {
		dev = offering{dev, virtio.FeaturesOf(virtio.RingPacked)}
	}
	c := virtiopci.Config{
		Device: dev, Memory: m.memory, Vectors: virtiopci.DefaultVectors, MSI: m.board,
		DisableLegacy: e.column == nonTransitional, Log: zerolog.Nop(),
	}
	if change != nil {
		change(&c)
	}
	t, err := virtiopci.New(c)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(t.Close)
	t.Function().SetPin(m.board)
	if _, err := m.root.Attach(slot, t.Function()); err != nil {
		e.Fatal(err)
	}
	m.place()
	return m
}

// offering is a device that offers further features of its transport.
type offering struct {
	virtio.Device
	more virtio.Features
}

func (o offering) Info() virtio.Info {
	info := o.Device.Info()
	info.Features = info.Features.Or(o.more)
	return info
}

// load and store are accesses to memory or ports. One that nobody answers ends the test: a driver would have gone astray.
func (m *machine) load(in pci.Space, addr uint64, size int) uint64 {
	m.Helper()
	var p [8]byte
	if !m.root.Read(in, addr, p[:size]) {
		m.Fatalf("nothing answers a read of %d at %#x (ports: %v)", size, addr, in)
	}
	return binary.LittleEndian.Uint64(p[:])
}

func (m *machine) store(in pci.Space, addr uint64, size int, v uint64) {
	m.Helper()
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], v)
	if !m.root.Write(in, addr, p[:size]) {
		m.Fatalf("nothing answers a write of %d at %#x (ports: %v)", size, addr, in)
	}
}

func (m *machine) ram() *virtiotest.RAM { return m.memory.RAM }

// equal compares numbers.
func (m *machine) equal(what string, got, want uint64) {
	m.Helper()
	if got != want {
		m.Errorf("%s: got %#x, want %#x", what, got, want)
	}
}

// eventually waits for what the device does in a goroutine of its own.
func (m *machine) eventually(what string, ok func() bool) {
	m.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			m.Fatalf("never: %s", what)
		}
	}
}
