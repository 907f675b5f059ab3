package virtiotest_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

var modern = virtio.FeaturesOf(virtio.Version1, mrgRxbuf, virtio.EventIdx)

// echo sends a frame and receives it.
func echo(t *testing.T, h *virtiotest.Harness, rx *virtiotest.Receiver) {
	t.Helper()
	sent := frame(12, 60, 1)
	tx := h.Queue(1)
	tx.Add(virtiotest.Readable(h.RAM.Put(sent), len(sent)))
	tx.Kick()
	tx.Wait(time.Minute)
	if got := rx.Receive(time.Minute); !bytes.Equal(got.Payload, sent[12:]) {
		t.Errorf("received %x", got.Payload)
	}
}

func (h filled) again(t *testing.T) { echo(t, h.Harness, h.rx) }

type filled struct {
	*virtiotest.Harness
	rx *virtiotest.Receiver
}

func fill(h *virtiotest.Harness) filled {
	f := filled{h, virtiotest.NewReceiver(h.Queue(0), virtiotest.LinuxSmall, 12)}
	f.rx.Fill()
	return f
}

func TestADeviceRunsAgainAfterAReset(t *testing.T) {
	h := virtiotest.Start(t, loop{}, modern, virtiotest.Options{})
	fill(h).again(t)
	for _, f := range []virtio.Features{
		virtio.FeaturesOf(virtio.Version1),
		virtio.FeaturesOf(virtio.Version1, virtio.RingPacked, virtio.EventIdx),
		virtio.FeaturesOf(virtio.Version1, virtio.RingPacked, virtio.InOrder),
		virtio.FeaturesOf(virtio.Version1, virtio.InOrder),
	} {
		h.Reset(f)
		fill(h).again(t)
	}
	if err := h.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestAQueueIsEnabledLateAndResetAlone(t *testing.T) {
	h := virtiotest.Start(t, loop{}, modern, virtiotest.Options{Disabled: []int{0}, Sizes: map[int]uint16{0: 4}})
	if h.Queue(0) != nil || h.Device(0) != nil || h.Queues() != 2 {
		t.Fatal("queue 0 is enabled")
	}
	for range 2 {
		if r := h.Enable(0); r.Size != 4 {
			t.Errorf("a ring of %d", r.Size)
		}
		fill(h).again(t)
		h.Disable(0)
	}
}

func TestAPackedViolationIsReported(t *testing.T) {
	h := virtiotest.Start(t, loop{}, modern.With(virtio.RingPacked), virtiotest.Options{})
	h.Queue(1).SetPacked(0, 4096, 0, 0, virtiotest.AvailFlag)
	h.Queue(1).OnKick()
	if v := h.Violation(time.Minute); v.Rule != virtio.RulePackedLength || v.Queue != 1 {
		t.Errorf("%v", v)
	}
}

func TestAViolationIsReported(t *testing.T) {
	h := virtiotest.Start(t, loop{}, modern, virtiotest.Options{})
	h.Queue(1).SetAvailIdx(1000)
	h.Queue(1).OnKick()
	if v := h.Violation(time.Minute); v.Rule != virtio.RuleAvailIndex || v.Queue != 1 {
		t.Errorf("%v", v)
	}
}

func TestConfigurationChangesAreCounted(t *testing.T) {
	h := virtiotest.Start(t, loop{}, modern, virtiotest.Options{})
	h.Session.ConfigChanged()
	h.Session.ConfigChanged()
	<-h.ConfigChanged()
	if n := h.ConfigChanges(); n != 2 {
		t.Errorf("%d changes", n)
	}
}
