package e2e

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

// bulk is long enough for TCP to open its window, so that the host's stack builds its largest frames.
const bulk = 4 << 20

// withoutOffloads are the properties that leave a driver no checksum and no segmentation offload, either way.
const withoutOffloads = ",csum=off,guest_csum=off,gso=off,host_tso4=off,host_tso6=off,host_ecn=off,host_ufo=off" +
	",guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off"

// Every pair of (buffers, offloads, interface) is there at least once; the other properties are spread over the rows.
var tcpCases = []struct {
	name, device   string
	modern         bool
	merge, offload bool
}{
	{"transitional, merging, with offloads", "", true, true, true},
	{"transitional, one buffer a frame, without offloads", ",mrg_rxbuf=off" + withoutOffloads, true, false, false},
	{"modern, merging, without offloads, page per queue", ",disable-legacy=on,page-per-vq=on" + withoutOffloads, true, true, false},
	{"modern, one buffer a frame, with offloads, no event index", ",disable-legacy=on,mrg_rxbuf=off,event_idx=off", true, false, true},
	{"legacy, merging, with offloads, no indirect descriptors", ",disable-modern=on,indirect_desc=off", false, true, true},
	{"legacy, one buffer a frame, with offloads, header apart", ",disable-modern=on,mrg_rxbuf=off,any_layout=off", false, false, true},
	{"legacy, merging, without offloads, INTx", ",disable-modern=on,vectors=0" + withoutOffloads, false, true, false},
	{"packed, merging, with offloads", ",packed=on", true, true, true},
	{"packed in order, one buffer a frame, with offloads, modern", ",disable-legacy=on,packed=on,in_order=on,mrg_rxbuf=off", true, false, true},
	{"packed, merging, without offloads, no event index, no indirect descriptors", ",packed=on,event_idx=off,indirect_desc=off" + withoutOffloads, true, true, false},
	{"transitional, merging, with offloads, 1024 entries, no ioeventfd", ",rx_queue_size=1024,ioeventfd=off", true, true, true},
}

func TestTCPCarriesEveryByteBothWays(t *testing.T) {
	for _, c := range tcpCases {
		t.Run(c.name, func(t *testing.T) {
			l := link{device: c.device, bytes: bulk, rounds: []string{"d", "u"}}
			l.exchange(t)
			l.wantFeature(t, virtio.Version1, c.modern)
			l.wantFeature(t, virtio.RingPacked, strings.Contains(c.device, "packed=on"))
			l.wantFeature(t, virtionet.MrgRxbuf, c.merge)
			l.wantFeature(t, virtionet.GuestTSO4, c.offload)
			l.wantFeature(t, virtionet.Csum, c.offload)
			l.wantFrames(t, c.merge, c.offload)
			l.wantInterrupts(t, strings.Contains(c.device, "vectors=0"))
		})
	}
}

func (l *link) wantFeature(t *testing.T, bit virtio.Feature, want bool) {
	t.Helper()
	if got := l.negotiated().Has(bit); got != want {
		t.Errorf("feature %d negotiated: %v, want %v; the guest has %s", bit, got, want, l.report.Features)
	}
}

// wantFrames looks at sizes: only with offloads is a frame longer than the MTU allows, and only merged are its buffers several.
func (l *link) wantFrames(t *testing.T, merge, offload bool) {
	t.Helper()
	t.Logf("longest frame to the guest %d, from it %d; frames by num_buffers %v", l.capture.in.longest, l.capture.out.longest,
		l.stats.Receive[0].ByBuffers)
	const mtuFrame, large = 1514, 32 << 10
	for way, longest := range map[string]int{"to": l.capture.in.longest, "from": l.capture.out.longest} {
		if offload && longest < large || !offload && longest > mtuFrame {
			t.Errorf("offloads %v, but the longest frame %s the guest has %d bytes", offload, way, longest)
		}
	}
	if (l.merged() > 0) != (merge && offload) {
		t.Errorf("%d of %d frames took several buffers", l.merged(), l.received().Frames)
	}
}

// wantInterrupts finds them where the guest's kernel counts them.
func (l *link) wantInterrupts(t *testing.T, intx bool) {
	t.Helper()
	var found bool
	for name, perCPU := range l.report.Interrupts {
		isMSIX := strings.HasSuffix(name, "-input.0")
		if perCPU[0] > 0 && isMSIX != intx && strings.HasPrefix(name, "virtio") {
			found = true
		}
	}
	if !found {
		t.Errorf("INTx %v, but the guest's interrupts are %v", intx, l.report.Interrupts)
	}
}
