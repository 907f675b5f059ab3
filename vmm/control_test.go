package vmm

import (
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/pcihotplug"
	"github.com/drydock-vmm/drydock/kvm"
)

// A talker is the payload guest that says in capitals what is typed, on the real /dev/kvm.
type talker struct {
	*bench
	keys *os.File

	mu   sync.Mutex
	said strings.Builder
}

func (k *talker) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.said.Write(p)
}

func newTalker(t *testing.T, paused bool) *talker {
	t.Helper()
	k := &talker{bench: &bench{T: t, news: make(chan struct{}, 1)}}
	kernel, err := os.Open(PayloadPath())
	if err != nil {
		t.Fatal(err)
	}
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k.keys = keys
	t.Cleanup(func() { kernel.Close(); in.Close(); keys.Close() })
	k.run(Config{RAM: 64 << 20, CPUs: 2, CPU: "host", Kernel: kernel, Cmdline: "talk", Serial: [2]Serial{{Out: k, In: in}},
		Devices: []Device{card(4)}, Paused: paused, DebugExit: 0xf4})
	return k
}

func (k *talker) types(s string) {
	k.Helper()
	if _, err := io.WriteString(k.keys, s); err != nil {
		k.Fatal(err)
	}
}

// hears waits until the guest has said something, and forgets it.
func (k *talker) hears(want string) {
	k.Helper()
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(time.Millisecond) {
		k.mu.Lock()
		_, after, ok := strings.Cut(k.said.String(), want)
		if ok {
			k.said.Reset()
			k.said.WriteString(after)
		}
		said := k.said.String()
		k.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			k.Fatalf("the guest does not say %s but %q", want, said)
		}
	}
}

// stands waits until all CPUs are outside of their guests: those of a machine that was just started are on their way to the gate.
func (k *talker) stands() {
	k.Helper()
	if !k.Paused() {
		k.Error("the machine runs")
	}
	g := k.pc.accel.(*kvmAccel).gate
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.holds > 0 && g.waiting < g.cpus {
		g.changed.Wait()
	}
	if g.holds == 0 {
		k.Error("the CPUs run")
	}
}

func TestAPausedGuestStandsStillAndGoesOn(t *testing.T) {
	k := newTalker(t, false)
	k.hears("READY")
	for range 3 {
		if err := k.Pause(); err != nil {
			t.Fatal(err)
		}
		k.waitFor(EventStop)
		k.stands()
		k.types("hello")
		if err := k.Resume(); err != nil {
			t.Fatal(err)
		}
		k.waitFor(EventResume)
		k.hears("HELLO")
	}
}

func TestTheGuestsClockStandsStillWhileTheMachineIsPaused(t *testing.T) {
	k := newTalker(t, false)
	k.hears("READY")
	if err := k.Pause(); err != nil {
		t.Fatal(err)
	}
	vm := k.pc.accel.(*kvmAccel).vm
	stopped, err := vm.GetClock()
	if err != nil {
		t.Fatal(err)
	}
	const pause = uint64(time.Hour) // which nobody needs to wait for
	if err := vm.SetClock(kvm.ClockData{Clock: stopped.Clock + pause}); err != nil {
		t.Fatal(err)
	}
	if err := k.Resume(); err != nil {
		t.Fatal(err)
	}
	now, err := vm.GetClock()
	if err != nil {
		t.Fatal(err)
	}
	if now.Clock >= stopped.Clock+pause/2 {
		t.Errorf("the clock went on for %v", time.Duration(now.Clock-stopped.Clock))
	}
	k.types("hello")
	k.hears("HELLO")
}

func TestAGuestThatStartsPausedRunsFromResume(t *testing.T) {
	k := newTalker(t, true)
	k.stands()
	if err := k.Resume(); err != nil {
		t.Fatal(err)
	}
	k.hears("READY")
}

func TestAResetButtonStartsTheGuestAgain(t *testing.T) {
	k := newTalker(t, false)
	k.hears("READY")
	if err := k.Reset(); err != nil {
		t.Fatal(err)
	}
	k.waitFor(EventReset)
	k.hears("READY")
	if err := k.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := k.Reset(); err != nil {
		t.Fatal(err)
	}
	k.stands()
	if err := k.Resume(); err != nil {
		t.Fatal(err)
	}
	k.hears("READY")
	k.types("x")
	k.hears("X")
}

func TestADeviceIsTakenOutWhileCPUsRun(t *testing.T) {
	k := newTalker(t, false)
	k.hears("READY")
	added := card(-1)
	added.ID = "new"
	if err := k.Plug(added); err != nil {
		t.Fatal(err)
	}
	slot := 0
	for _, f := range k.PCI() {
		if f.ID == "new" {
			slot = f.Slot
		}
	}
	if err := k.Unplug("new"); err != nil {
		t.Fatal(err)
	}
	// As the guest's ACPI would, from a CPU: this does not wait for the CPUs to stand.
	k.out32(pcihotplug.Base+8, 1<<slot)
	if e := k.waitFor(EventDeviceDeleted); e.Device.ID != "new" || slot == 0 {
		t.Errorf("slot %d, %+v", slot, e)
	}
	k.types("alive")
	k.hears("ALIVE")
}

func TestAMachineThatIsPausedCanBeStopped(t *testing.T) {
	k := newTalker(t, false)
	k.hears("READY")
	if err := k.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := k.Quit(); err != nil {
		t.Fatal(err)
	}
	if e := k.waitFor(EventShutdown); e.Guest || e.Reason != "host-qmp-quit" {
		t.Errorf("the event is %+v", e)
	}
	if k.Reset() == nil {
		t.Error("a machine that has ended can be reset")
	}
}

func TestThePowerButtonIsToldToTheGuest(t *testing.T) {
	b := newBench(t)
	if err := b.PowerDown(); err != nil {
		t.Fatal(err)
	}
	b.waitFor(EventPowerdown)
	b.want("PM1_STS", b.in32(0x600)&0xffff, 0x100)
}

func TestADeviceThatIsGivenBackAtTheLastMomentEndsBeforeTheVM(t *testing.T) {
	var deleted []Event // the race detector sees who wrote it last
	c := Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(2)}, OnEvent: func(e Event) { deleted = append(deleted, e) }}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.eject(2)
	if err := m.close(); err != nil {
		t.Error(err)
	}
	if len(deleted) != 1 || deleted[0].Kind != EventDeviceDeleted || deleted[0].Device.Slot != 2 {
		t.Errorf("the events are %+v", deleted)
	}
}
