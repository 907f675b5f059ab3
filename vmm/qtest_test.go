package vmm

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"testing"

	"github.com/drydock-vmm/drydock/devices/pcihotplug"
	"github.com/drydock-vmm/drydock/virtio"
)

// A bench is a machine that the test drives through the client's methods.
type bench struct {
	*testing.T
	*Machine

	mu     sync.Mutex
	events []Event
	news   chan struct{} // has room for one: there are events
}

// newBench switches a machine for qtest on.
func newBench(t *testing.T, devices ...Device) *bench {
	b := &bench{T: t, news: make(chan struct{}, 1)}
	b.run(Config{RAM: 2 << 20, CPUs: 1, Accel: QTest, Devices: devices})
	return b
}

// run switches a machine on, and off at the end of the test.
func (b *bench) run(c Config) {
	b.Helper()
	c.OnEvent = b.happened
	var err error
	if b.Machine, err = New(c); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := b.Machine.Run(ctx); err != nil {
			b.Error(err)
		}
	}()
	b.Cleanup(func() {
		stop()
		<-done
		if err := b.Close(); err != nil {
			b.Error(err)
		}
	})
}

func (b *bench) happened(e Event) {
	b.mu.Lock()
	b.events = append(b.events, e)
	b.mu.Unlock()
	select {
	case b.news <- struct{}{}:
	default:
	}
}

// waitFor waits for an event and returns it.
func (b *bench) waitFor(kind EventKind) Event {
	b.Helper()
	for {
		b.mu.Lock()
		for i, e := range b.events {
			if e.Kind == kind {
				b.events = slices.Delete(b.events, i, i+1)
				b.mu.Unlock()
				return e
			}
		}
		b.mu.Unlock()
		select {
		case <-b.news:
		case <-b.Context().Done():
			b.Fatal("the event does not come")
		}
	}
}

func (b *bench) out32(port uint16, v uint32) { b.Out(port, binary.LittleEndian.AppendUint32(nil, v)) }

func (b *bench) in32(port uint16) uint32 {
	var p [4]byte
	b.In(port, p[:])
	return binary.LittleEndian.Uint32(p[:])
}

// config reads a double word of configuration space.
func (b *bench) config(slot, off int) uint32 {
	b.out32(0xcf8, 1<<31|uint32(slot)<<11|uint32(off))
	return b.in32(0xcfc)
}

func (b *bench) setConfig(slot, off int, v uint32) {
	b.out32(0xcf8, 1<<31|uint32(slot)<<11|uint32(off))
	b.out32(0xcfc, v)
}

func (b *bench) read32(addr uint64) uint32 {
	var p [4]byte
	b.Read(addr, p[:])
	return binary.LittleEndian.Uint32(p[:])
}

func (b *bench) write32(addr uint64, v uint32) {
	b.Write(addr, binary.LittleEndian.AppendUint32(nil, v))
}

func (b *bench) want(what string, got, want uint32) {
	b.Helper()
	if got != want {
		b.Errorf("%s: %#x, want %#x", what, got, want)
	}
}

const absent = 0xffffffff

func TestAClientReachesRAMAndDevicesAlike(t *testing.T) {
	b := newBench(t, card(4))
	b.want("an empty slot", b.config(5, 0), absent)
	b.want("the card", b.config(4, 0), 0x10051af4)
	b.want("COMMAND before anybody set it", b.config(4, 4)&0xffff, 0)
	b.setConfig(4, 0x20, 0xe0000000)
	b.setConfig(4, 4, 6)
	b.want("device_feature", b.read32(0xe0000004), 0)
	b.write32(0xe0000000, 1)
	b.want("device_feature, upper word", b.read32(0xe0000004), 1)
	b.want("memory where nobody answers", b.read32(0xf0000000), 0)
	b.want("a port where nobody answers", b.in32(0x1234), absent)
	b.config(4, 4)
	b.want("COMMAND and what is behind the last port of PCI", b.in32(0xcff), 0xffffff00)

	b.write32(0x1ffffe, 0x12345678) // half of it is beyond the end of RAM
	b.want("the last bytes of RAM", b.read32(0x1ffffe), 0x5678)
	all := make([]byte, 0x20)
	b.Read(0xe0000000, all)
	if le := binary.LittleEndian; le.Uint32(all) != 1 || le.Uint32(all[4:]) != 1 || all[0x18] != 64 {
		t.Errorf("a block of registers: % x", all)
	}
}

func TestTheRAMSizeIsInTheFirmwareConfiguration(t *testing.T) {
	b := newBench(t)
	b.Out(0x510, []byte{3, 0})
	var size uint64
	for i := range 8 {
		var p [1]byte
		b.In(0x511, p[:])
		size |= uint64(p[0]) << (8 * i)
	}
	if size != 2<<20 {
		t.Errorf("it is %#x", size)
	}
}

// ringer is a device of one queue that interrupts when it is told to.
type ringer struct{ ring chan struct{} }

func (ringer) Info() virtio.Info { return idle{}.Info() }

func (r ringer) Run(ctx context.Context, s *virtio.Session) error {
	for {
		select {
		case <-r.ring:
			s.ConfigChanged()
			r.ring <- struct{}{}
		case <-ctx.Done():
			return nil
		}
	}
}

// driven is a ringer with a driver that is ready.
func driven(t *testing.T) (*bench, func()) {
	r := ringer{make(chan struct{})}
	place := card(4)
	place.Device = r
	b := newBench(t, place)
	drive(b)
	return b, func() { r.ring <- struct{}{}; <-r.ring }
}

// routedTo is the interrupt that drive routes INTA of slot 4 to.
const routedTo = 11

// drive brings the card in slot 4 to DRIVER_OK.
func drive(b *bench) {
	b.setConfig(1, 0x60, 0x0b808080) // PIRQRC
	b.setConfig(4, 0x20, 0xe0000000)
	b.setConfig(4, 0x14, 0xe0010000) // vectors
	b.setConfig(4, 4, 6)
	for _, status := range []byte{0, 1, 3} {
		b.Write(0xe0000014, []byte{status})
	}
	b.write32(0xe0000008, 1)
	b.write32(0xe000000c, 1) // VERSION_1
	b.Write(0xe0000014, []byte{0xb})
	b.Write(0xe0000014, []byte{0xf})
}

// change is one of an input of the interrupt controller.
type change struct {
	input int
	level bool
}

// watch returns the changes since it was called before.
func (b *bench) watch() (since func() []change) {
	var seen []change
	if err := b.Intercept("ioapic", func(input int, level bool) { seen = append(seen, change{input, level}) }); err != nil {
		b.Fatal(err)
	}
	return func() []change {
		defer func() { seen = nil }()
		return seen
	}
}

func TestAnInterruptIsAWireThatTheClientCanWatch(t *testing.T) {
	b, ring := driven(t)
	seen := b.watch()
	ring()
	var isr [1]byte
	b.Read(0xe0001000, isr[:])
	const gsi = routedTo
	if got, want := seen(), []change{{gsi, true}, {gsi, false}}; !slices.Equal(got, want) || isr[0] != 3 {
		t.Errorf("the wires: %v, ISR %#x; want %v", got, isr[0], want)
	}
	if b.Intercept("nobody", nil) == nil || b.SetInput("ioapic", 99, true) == nil || b.SetInput("nobody", 0, true) == nil {
		t.Error("what is not there can be watched and driven")
	}
	err := b.SetInput("ioapic", 7, true)
	if got := seen(); err != nil || !slices.Equal(got, []change{{7, true}}) {
		t.Errorf("an input that the client drives: %v, %v", got, err)
	}
}

func TestTheSouthBridgeRoutesInterrupts(t *testing.T) {
	b, ring := driven(t)
	seen := b.watch()
	ring() // slot 4 is wired to PIRQD
	for _, c := range []struct {
		pirqrc uint32
		want   []change
	}{
		{0x0a0b0b0b, []change{{11, true}, {10, true}, {11, false}}},
		{0x800a0a0a, []change{{10, false}}},
		{0x10000000, nil},
		{0x05050505, []change{{5, true}}},
	} {
		b.setConfig(1, 0x60, c.pirqrc)
		if got := seen(); !slices.Equal(got, c.want) {
			t.Errorf("PIRQRC %#x: %v, want %v", c.pirqrc, got, c.want)
		}
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	if v := b.config(1, 0x60); v != 0x80808080 {
		t.Errorf("PIRQRC is %#x after a reset", v)
	}
	if got, want := seen(), []change{{5, false}}; !slices.Equal(got, want) {
		t.Errorf("a reset: %v, want %v", got, want)
	}
}

func TestAMessageIsAStoreIntoRAM(t *testing.T) {
	b, ring := driven(t)
	b.write32(0xe0010000, 0x2000)
	b.write32(0xe0010008, 0xcafe)
	b.write32(0xe001000c, 0)
	off := 0
	for at := int(b.config(4, 0x34) & 0xff); at != 0; at = int(b.config(4, at) >> 8 & 0xff) {
		if b.config(4, at)&0xff == 0x11 {
			off = at
		}
	}
	b.setConfig(4, off, b.config(4, off)|1<<31) // on
	b.Write(0xe0000010, []byte{0, 0})           // config_msix_vector
	ring()
	b.want("the message", b.read32(0x2000), 0xcafe)
}

func TestTheClockIsTheClients(t *testing.T) {
	b := newBench(t)
	const timer = 0x608
	if b.Clock() != 0 || b.in32(timer) != 0 {
		t.Errorf("it begins at %d, the timer at %d", b.Clock(), b.in32(timer))
	}
	if now := b.SetClock(1e9); now != 1e9 {
		t.Errorf("it is %d", now)
	}
	b.want("the power management timer", b.in32(timer), 3579545)
	if now := b.SetClock(5); now != 1e9 {
		t.Errorf("it goes back to %d", now)
	}
}

func TestAResetKeepsMemoryAndTime(t *testing.T) {
	b, _ := driven(t)
	b.SetClock(1000)
	b.write32(0x1000, 0xcafe)
	for range 3 {
		if err := b.Reset(); err != nil {
			t.Fatal(err)
		}
		b.want("COMMAND", b.config(4, 4)&0xffff, 0)
		if e := b.waitFor(EventReset); e.Guest || e.Reason != "host-qmp-system-reset" {
			t.Errorf("the event is %+v", e)
		}
	}
	b.want("memory", b.read32(0x1000), 0xcafe)
	if b.Clock() != 1000 {
		t.Errorf("the clock is %d", b.Clock())
	}
	b.Out(0xcf9, []byte{6})
	if e := b.waitFor(EventReset); !e.Guest || e.Reason != "guest-reset" {
		t.Errorf("the event of a reset by the guest is %+v", e)
	}
}

// What QEMU's devices keep over system_reset: they are the same ones, and no register of a reset clears these.
func TestAResetLeavesWhatNoResetOfTheBusClears(t *testing.T) {
	b, ring := driven(t)
	const window = 0x84 // struct virtio_pci_cfg_cap, behind the capabilities of the four structures
	b.want("the capability of the window", b.config(4, window)>>24, 5)
	b.setConfig(4, window+8, 0x14)
	b.setConfig(4, window+12, 1)
	b.setConfig(4, 0xf0, 0xcafe)
	b.write32(0xe0000000, 2)
	ring()
	for range 2 {
		if err := b.Reset(); err != nil {
			t.Fatal(err)
		}
		b.want("the window's offset", b.config(4, window+8), 0x14)
		b.want("the window's length", b.config(4, window+12), 1)
		b.want("bytes that are no register", b.config(4, 0xf0), 0xcafe)
		b.want("the BAR", b.config(4, 0x20), 0xc)
		b.want("device_status through the window", b.config(4, window+16)&0xff, 0)
		b.setConfig(4, 0x20, 0xe0000000)
		b.setConfig(4, 4, 6)
		b.want("device_feature_select", b.read32(0xe0000000), 2)
		b.want("driver_feature_select", b.read32(0xe0000008), 1)
		b.want("ISR, of an interrupt before the reset", b.read32(0xe0001000), 0)
	}
}

func TestAResetTakesTheWiresDownAndTheDeviceRunsAgain(t *testing.T) {
	b, ring := driven(t)
	level := map[int]bool{}
	if err := b.Intercept("ioapic", func(input int, high bool) { level[input] = high }); err != nil {
		t.Fatal(err)
	}
	const gsi = routedTo
	for range 2 {
		ring()
		if !level[gsi] {
			t.Fatal("the wire of a device that interrupts is low")
		}
		if err := b.Reset(); err != nil {
			t.Fatal(err)
		}
		if level[gsi] {
			t.Fatal("the wire is high after a reset")
		}
		drive(b)
	}
}

func TestAMachineThatIsPausedIsPausedAfterAResetToo(t *testing.T) {
	b, ring := driven(t)
	for _, change := range []func() error{b.Pause, b.Reset} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	if !b.Paused() {
		t.Error("the reset made it go on")
	}
	drive(b)
	if err := b.Resume(); err != nil {
		t.Fatal(err)
	}
	ring()
	var isr [1]byte
	b.Read(0xe0001000, isr[:])
	b.want("ISR of the device that a driver started while it was paused", uint32(isr[0]), 3)
}

func TestADeviceComesAndGoesWhileTheMachineRuns(t *testing.T) {
	b := newBench(t, card(4))
	added := card(6)
	added.ID = "new"
	if err := b.Plug(added); err != nil {
		t.Fatal(err)
	}
	b.want("the new card", b.config(6, 0), 0x10051af4)
	b.want("the register of filled slots", b.in32(pcihotplug.Base), 1<<6)
	if b.Plug(card(6)) == nil {
		t.Error("a slot can be filled twice")
	}
	if b.Unplug("other") == nil {
		t.Error("a device that is not can be asked for")
	}
	if err := b.Unplug("new"); err != nil {
		t.Fatal(err)
	}
	if b.Unplug("new") == nil {
		t.Error("it can be asked for twice")
	}
	b.want("the card that the guest was asked for", b.config(6, 0), 0x10051af4)
	b.out32(pcihotplug.Base+8, 1<<6)
	b.want("the slot that the guest gave back", b.config(6, 0), absent)
	if e := b.waitFor(EventDeviceDeleted); e.Device.ID != "new" {
		t.Errorf("the event is %+v", e)
	}
	b.out32(pcihotplug.Base+8, 1<<1)
	b.want("a bridge, which cannot be taken out", b.config(1, 0), 0x70008086)
}

func TestAResetEndsAnUnplugThatTheGuestDidNot(t *testing.T) {
	first, second := card(4), card(5)
	first.ID, second.ID = "first", "second"
	b := newBench(t, first, second)
	if err := b.Unplug("first"); err != nil {
		t.Fatal(err)
	}
	if err := b.Reset(); err != nil {
		t.Fatal(err)
	}
	b.waitFor(EventDeviceDeleted)
	b.want("the slot", b.config(4, 0), absent)
	b.want("the other slot", b.config(5, 0), 0x10051af4)
	if n := len(b.PCI()); n != 4 { // host bridge, ISA bridge, power management, second
		t.Errorf("%d functions are on the bus", n)
	}
}

func TestNothingIsLeftToAskAMachineThatIsOff(t *testing.T) {
	m, err := New(Config{RAM: 2 << 20, CPUs: 1, Accel: QTest})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"Pause": m.Pause, "Resume": m.Resume, "Reset": m.Reset, "PowerDown": m.PowerDown, "Quit": m.Quit,
		"Plug": func() error { return m.Plug(card(4)) }, "Unplug": func() error { return m.Unplug("x") },
	} {
		if ask() == nil {
			t.Errorf("%s says nothing", name)
		}
	}
	p := []byte{0}
	if m.In(0x60, p); p[0] != 0xff {
		t.Errorf("a port reads %#x", p[0])
	}
	if err := m.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}
