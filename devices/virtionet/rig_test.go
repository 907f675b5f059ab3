package virtionet

import (
	"slices"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// A mode is what a driver negotiates of a frame's shape.
type mode struct {
	name     string
	features virtio.Features
	header   int
	legacy   bool
}

func (m mode) merges() bool { return m.features.Has(MrgRxbuf) }

var modes = []mode{
	{"legacy", virtio.FeaturesOf(MAC, Status, CtrlVQ, virtio.IndirectDesc), 10, true},
	{"legacy with merged buffers", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx), 12, true},
	{"modern", virtio.FeaturesOf(MAC, Status, CtrlVQ, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1), 12, false},
	{"modern with merged buffers", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.Version1), 12, false},
	{"packed", virtio.FeaturesOf(MAC, Status, CtrlVQ, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingPacked), 12, false},
	{"packed with merged buffers", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingPacked), 12, false},
	{"packed, merged, without event index", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.Version1, virtio.RingPacked), 12, false},
	{"in order, merged", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.InOrder), 12, false},
	{"packed, in order, merged", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingPacked, virtio.InOrder), 12, false},
	{"with hashes reported", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingPacked, HashReport), 20, false},
}

var (
	legacy, modern, merged, packed, packedMerged = modes[0], modes[2], modes[3], modes[4], modes[5]

	mergedModes = slices.DeleteFunc(slices.Clone(modes), func(m mode) bool { return !m.merges() })

	guestOffloads = virtio.FeaturesOf(GuestCsum, GuestTSO4, GuestTSO6, GuestECN, GuestUFO)
	hostOffloads  = virtio.FeaturesOf(Csum, HostTSO4, HostTSO6, HostECN, HostUFO)
)

// A rig is a device between a driver and a peer.
type rig struct {
	*virtiotest.Harness
	t      testing.TB
	netdev *net.Memory
	peer   *net.Peer
	device *Device
}

// start runs a device; config's Netdev is made here, with can for offloads.
func start(t testing.TB, can net.Offload, f virtio.Features, config Config, opts virtiotest.Options) *rig {
	t.Helper()
	if config.MQ {
		return startPairs(t, 2, can, f, config, opts)
	}
	return startPairs(t, 1, can, f, config, opts)
}

func startPairs(t testing.TB, pairs int, can net.Offload, f virtio.Features, config Config, opts virtiotest.Options) *rig {
	t.Helper()
	r := &rig{t: t}
	r.netdev, r.peer = pipe(t, can, pairs)
	config.Netdev = r.netdev
	r.device = device(t, config)
	opts.Legacy = !f.Has(virtio.Version1)
	r.Harness = virtiotest.Start(t, r.device, f, opts)
	r.wait("the device runs", r.running)
	return r
}

// running: the netdev is the driver's by now, or a frame would be sent without a header, and an announcement not at all.
func (r *rig) running() bool {
	r.device.mu.Lock()
	defer r.device.mu.Unlock()
	l := r.device.life
	return l != nil && l.tuned.Load()
}

func (r *rig) wait(what string, cond func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not in time: %s; %+v", what, r.device.Stats())
		}
	}
}

// received is rx once it counts so many frames: the driver has a frame before it is counted.
func (r *rig) received(frames uint64) ReceiveStats {
	r.t.Helper()
	r.wait("frames are counted", func() bool { return r.rx().Frames >= frames })
	return r.rx()
}

func (r *rig) rx() ReceiveStats  { return r.device.Stats().Receive[0] }
func (r *rig) tx() TransmitStats { return r.device.Stats().Transmit[0] }

// dropped waits until so many received frames were dropped, all for one reason.
func (r *rig) dropped(reason Drop, n uint64) {
	r.t.Helper()
	r.wait("a frame is dropped: "+reason.String(), func() bool {
		drops := r.device.rx[0].drop.drops()
		return drops[reason] == n
	})
	if s := r.rx(); s.Drops.Total() != n {
		r.t.Fatalf("dropped frames: %v, want %d for %v", s.Drops, n, reason)
	}
}

func (r *rig) send(hdr, frame []byte) {
	r.t.Helper()
	if err := r.peer.Send(0, hdr, frame); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) receiver(s virtiotest.Strategy, header int) *virtiotest.Receiver {
	return virtiotest.NewReceiver(r.Queue(0), s, header)
}

// frame is n bytes that no other frame of the test has.
func frame(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)*31 ^ byte(i>>8)*17 ^ seed
	}
	return b
}
