package virtiopci

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

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
func (r *rig) read(addr uint64, size int) uint64     { return r.load(false, addr, size) }
func (r *rig) write(addr uint64, size int, v uint64) { r.store(false, addr, size, v) }
func (r *rig) in(off uint64, size int) uint64        { return r.load(true, legacyPort+off, size) }
func (r *rig) out(off uint64, size int, v uint64)    { r.store(true, legacyPort+off, size, v) }

func (r *rig) load(io bool, addr uint64, size int) uint64 {
	r.tb.Helper()
	var p [8]byte
	if !r.root.Read(io, addr, p[:size]) {
		r.tb.Fatalf("nothing answers a read of %d at %#x (I/O: %v)", size, addr, io)
	}
	return binary.LittleEndian.Uint64(p[:])
}

func (r *rig) store(io bool, addr uint64, size int, v uint64) {
	r.tb.Helper()
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], v)
	if !r.root.Write(io, addr, p[:size]) {
		r.tb.Fatalf("nothing answers a write of %d at %#x (I/O: %v)", size, addr, io)
	}
}

func (r *rig) equal(what string, got, want uint64) {
	r.tb.Helper()
	if got != want {
		r.tb.Errorf("%s: got %#x, want %#x", what, got, want)
	}
}

// Modern registers by offset, with the width of the field.
const (
	rDeviceSelect = common + 0x00
	rDevice       = common + 0x04
	rDriverSelect = common + 0x08
	rDriver       = common + 0x0c
	rConfigVector = common + 0x10
	rNumQueues    = common + 0x12
	rStatus       = common + 0x14
	rGeneration   = common + 0x15
	rSelect       = common + 0x16
	rSize         = common + 0x18
	rVector       = common + 0x1a
	rEnable       = common + 0x1c
	rDesc         = common + 0x20
	rAvail        = common + 0x28
	rUsed         = common + 0x30
	rReset        = common + 0x3a
	rISR          = modernAddr + isrBase
	rConfig       = modernAddr + deviceBase
	rNotify       = modernAddr + notifyBase
)

// accept negotiates up to FEATURES_OK.
func (r *rig) accept(f virtio.Features) {
	r.write(rStatus, 1, 0)
	r.write(rStatus, 1, 3)
	for i := range uint32(2) {
		r.write(rDriverSelect, 4, uint64(i))
		r.write(rDriver, 4, uint64(f.Word(i)))
	}
	r.write(rStatus, 1, 0x0b)
}

// area is where the rig puts queue i: a page for each part.
func area(i int) (desc, avail, used uint64) {
	base := uint64(0x10000 + 0x3000*i)
	return base, base + 0x1000, base + 0x2000
}

func (r *rig) enable(i, size int) {
	desc, avail, used := area(i)
	r.write(rSelect, 2, uint64(i))
	r.write(rSize, 2, uint64(size))
	r.write(rDesc, 8, desc)
	r.write(rAvail, 8, avail)
	r.write(rUsed, 8, used)
	r.write(rEnable, 2, 1)
}

// drive is a modern driver up to DRIVER_OK with queues 0 and 1 of 8 entries.
func (r *rig) drive() *virtio.Session {
	r.accept(virtio.FeaturesOf(virtio.Version1, virtio.RingReset))
	r.enable(0, 8)
	r.enable(1, 8)
	r.write(rStatus, 1, 0x0f)
	return r.session()
}

// session waits until the device runs.
func (r *rig) session() *virtio.Session {
	r.tb.Helper()
	select {
	case s := <-r.device.runs:
		return s
	case <-time.After(5 * time.Second):
		r.tb.Fatal("the device does not run")
		return nil
	}
}

// idle fails if the device runs.
func (r *rig) idle(why string) {
	r.tb.Helper()
	select {
	case <-r.device.runs:
		r.tb.Error("the device runs " + why)
	case <-time.After(20 * time.Millisecond):
	}
}

// offer makes one buffer of queue i available at the n-th position, without a kick.
func (r *rig) offer(i, n int) {
	desc, avail, _ := area(i)
	d := r.mem[desc:]
	binary.LittleEndian.PutUint64(d, 0x8000)
	binary.LittleEndian.PutUint32(d[8:], 16)
	binary.LittleEndian.PutUint16(r.mem[avail+4+uint64(n%8)*2:], 0)
	binary.LittleEndian.PutUint16(r.mem[avail+2:], uint16(n+1))
}

func (r *rig) signalled(want int) {
	r.tb.Helper()
	select {
	case v := <-r.signals:
		r.equal("vector", uint64(v), uint64(want))
	case <-time.After(5 * time.Second):
		r.tb.Errorf("no interrupt; want vector %d", want)
	}
}

// eventually waits for what another goroutine does.
func (r *rig) eventually(what string, ok func() bool) {
	r.tb.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	r.tb.Errorf("never: %s", what)
}

// vectors enables MSI-X with every vector unmasked.
func (r *rig) vectors() {
	for v := range r.t.msix.Vectors() {
		r.write(msixAddr+uint64(v)*16, 4, 0xfee00000)
		r.write(msixAddr+uint64(v)*16+8, 4, uint64(v))
		r.write(msixAddr+uint64(v)*16+12, 4, 0)
	}
	r.setConfig(int(r.config(0x34, 1))+2, 2, 0x8000)
}
