package virtiopci

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Where the rig's firmware puts the BARs.
const (
	legacyPort = 0xc000
	pioPort    = 0xd000
	msixAddr   = 0xfd000000
	modernAddr = 0xfe000000
	common     = modernAddr + commonBase
	slot       = 4
)

// Feature sets of QEMU's network card without vnet_hdr; what the bits mean is nothing to a transport.
var (
	netFeatures = virtio.Features{0x0000010130bf8024}
	netLegacy   = virtio.FeaturesOf(6, virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)
	netConfig   = []byte{0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x01, 0x00}
)

const featureMQ virtio.Feature = 22

// fake is a device that uses every buffer with length 0.
type fake struct {
	info virtio.Info
	run  func(ctx context.Context, s *virtio.Session) error // nil: serve
	runs chan *virtio.Session                               // each Run's session, if not nil
}

func (f *fake) Info() virtio.Info { return f.info }

func (f *fake) Run(ctx context.Context, s *virtio.Session) error {
	if f.runs != nil {
		f.runs <- s
	}
	if f.run != nil {
		return f.run(ctx, s)
	}
	for i := range f.info.Queues(s.Features) {
		s.Serve(i, consume)
	}
	return s.Wait(ctx)
}

func consume(ctx context.Context, q *virtio.Queue) error {
	for {
		c, err := q.Pop()
		if err != nil {
			return err
		}
		if c == nil {
			if err := q.Wait(ctx); err != nil {
				return err
			}
			continue
		}
		q.Push(c, 0)
		q.Publish()
		q.Notify()
	}
}

// netLike is a device with the registers of QEMU's network card of one queue pair.
func netLike() *fake {
	return &fake{
		runs: make(chan *virtio.Session, 64),
		info: virtio.Info{
			ID: 1, Features: netFeatures, Legacy: netLegacy, Bad: virtio.FeaturesOf(0, 5, 11, 12, 13),
			MaxQueueSize: 1024, Config: virtio.NewConfig(netConfig, nil),
			Queues: func(f virtio.Features) []uint16 {
				if f.Has(featureMQ) {
					return []uint16{256, 256, 256, 256, 64}
				}
				return []uint16{256, 256, 64}
			},
		},
	}
}

// board records what a function tells the machine.
type board struct {
	mu    sync.Mutex
	level bool

	signals chan int
	levels  chan bool
}

func (b *board) Program(int, uint64, uint32) error { return nil }

func (b *board) Signal(v int) {
	select {
	case b.signals <- v:
	default:
	}
}

func (b *board) Set(level bool) {
	b.mu.Lock()
	b.level = level
	b.mu.Unlock()
	select {
	case b.levels <- level:
	default:
	}
}

func (b *board) high() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level
}

// rig is a machine of one PCI slot, as a driver sees it.
type rig struct {
	*board
	tb     testing.TB
	root   *pci.Root
	t      *Transport
	device *fake
	mem    []byte // guest memory from address 0
	faults chan error
}

// newRig puts a device on PCI; change, if not nil, changes the configuration before. The BARs are mapped.
func newRig(tb testing.TB, change func(c *Config, f *fake)) *rig {
	tb.Helper()
	r := &rig{
		board: &board{signals: make(chan int, 1024), levels: make(chan bool, 1024)},
		tb:    tb, root: pci.NewRoot(), device: netLike(), faults: make(chan error, 16),
	}
	memory := virtiotest.NewRAM(tb, 1<<20)
	r.mem = memory.Bytes(0, int(memory.Size()))
	c := Config{
		Device: r.device, Memory: memory, Vectors: DefaultVectors, MSI: r.board, ROMSize: 256 << 10,
		OnFault: func(err error) { r.faults <- err }, Log: zerolog.Nop(),
	}
	if change != nil {
		change(&c, r.device)
	}
	var err error
	if r.t, err = New(c); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.t.Close)
	r.t.Function().SetPin(r.board)
	if _, err := r.root.Attach(slot, r.t.Function()); err != nil {
		tb.Fatal(err)
	}
	return r
}

// mappedRig is a rig after firmware: BARs placed, decoding and bus master on.
func mappedRig(tb testing.TB, change func(c *Config, f *fake)) *rig {
	tb.Helper()
	r := newRig(tb, change)
	r.place()
	return r
}

func (r *rig) place() {
	for reg, v := range map[int]uint32{0x10: legacyPort, 0x14: msixAddr, 0x18: pioPort, 0x20: modernAddr, 0x24: 0} {
		r.setConfig(reg, 4, v)
	}
	r.setConfig(0x04, 2, pci.CommandIO|pci.CommandMemory|pci.CommandBusMaster)
}

func (r *rig) config(off, size int) uint32 {
	p := make([]byte, size)
	r.t.Function().ReadConfig(off, p)
	return load(p)
}

func (r *rig) setConfig(off, size int, v uint32) {
	p := make([]byte, size)
	store(p, v)
	r.t.Function().WriteConfig(off, p)
}

// read and write access memory, in and out a port.
func (r *rig) read(addr uint64, size int) uint64     { return r.load(pci.Memory, addr, size) }
func (r *rig) write(addr uint64, size int, v uint64) { r.store(pci.Memory, addr, size, v) }
func (r *rig) in(off uint64, size int) uint64        { return r.load(pci.Ports, legacyPort+off, size) }
func (r *rig) out(off uint64, size int, v uint64)    { r.store(pci.Ports, legacyPort+off, size, v) }

func (r *rig) load(in pci.Space, addr uint64, size int) uint64 {
	r.tb.Helper()
	var p [8]byte
	if !r.root.Read(in, addr, p[:size]) {
		r.tb.Fatalf("nothing answers a read of %d at %#x (ports: %v)", size, addr, in)
	}
	return binary.LittleEndian.Uint64(p[:])
}

func (r *rig) store(in pci.Space, addr uint64, size int, v uint64) {
	r.tb.Helper()
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], v)
	if !r.root.Write(in, addr, p[:size]) {
		r.tb.Fatalf("nothing answers a write of %d at %#x (ports: %v)", size, addr, in)
	}
}

func (r *rig) equal(what string, got, want uint64) {
	r.tb.Helper()
	if got != want {
		r.tb.Errorf("%s: got %#x, want %#x", what, got, want)
	}
}
