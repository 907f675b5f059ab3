package virtionet

import (
	"bytes"
	"encoding/hex"
	"sync/atomic"
	"testing"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// rarp is what QEMU's announce-self sends for 52:54:00:12:34:56.
const rarp = "ffffffffffff5254001234568035" + "0001080006040003" + "525400123456" + "00000000" + "525400123456" + "00000000" +
	"000000000000000000000000000000000000"

func TestAnAnnouncementIsQEMUs(t *testing.T) {
	want, err := hex.DecodeString(rarp)
	if err != nil || len(want) != minFrame {
		t.Fatal(err, len(want))
	}
	announced := func(t *testing.T, r *rig) {
		t.Helper()
		r.device.SelfAnnounce()
		hdr, got, err := r.peer.Receive(0, patience)
		if err != nil || !bytes.Equal(got, want) || !bytes.Equal(hdr, make([]byte, len(hdr))) {
			t.Fatalf("%x %x, %v", hdr, got, err)
		}
	}
	for _, m := range modes {
		for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
			t.Run(m.name+", "+link, func(t *testing.T) {
				r := start(t, can, m.features.With(GuestAnnounce), Config{}, virtiotest.Options{})
				announced(t, r)
				if r.ConfigChanges() != 1 {
					t.Errorf("the driver was asked %d times", r.ConfigChanges())
				}
				r.transmit(make([]byte, m.header), frame(60, 1)) // the two share the link
				if _, got, err := r.peer.Receive(0, patience); err != nil || !bytes.Equal(got, frame(60, 1)) {
					t.Errorf("%x, %v", got, err)
				}
				if err := r.Stop(); err != nil {
					t.Fatal(err)
				}
				announced(t, r) // also without a driver
			})
		}
	}
}

func TestNothingIsAnnouncedWhileTheLinkIsDown(t *testing.T) {
	r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
	r.device.SetLink(false)
	r.device.SelfAnnounce()
	r.device.SetLink(true)
	r.device.SelfAnnounce()
	if _, _, err := r.peer.Receive(0, patience); err != nil {
		t.Fatal(err)
	}
	if _, got, err := r.peer.Receive(0, 0); err != net.ErrWouldBlock {
		t.Errorf("another frame: %x, %v", got, err)
	}
}

func TestAnAnnouncementGetsItsTurnBesideADriverThatNeverStopsSending(t *testing.T) {
	w := &endless{}
	r := &rig{t: t, device: device(t, Config{Netdev: w})}
	r.Harness = virtiotest.Start(t, r.device, modern.features, virtiotest.Options{Sizes: map[int]uint16{1: 64}})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ring, buf := r.Queue(1), virtiotest.Readable(r.RAM.Alloc(72, 1), 72)
		for {
			select {
			case <-stop:
				return
			default:
			}
			for ring.Room() > 0 {
				ring.Add(buf)
			}
			ring.Kick()
			for ok := true; ok; _, ok = ring.Next() {
			}
		}
	}()
	r.wait("the driver sends", func() bool { return r.tx().Frames > 100 })
	for range 10 {
		r.device.SelfAnnounce()
	}
	close(stop)
	<-stopped
}

func TestTheFilterIsSeenAsQEMUShowsIt(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	var changes atomic.Int32
	r.device.OnRxFilterChanged(func() { changes.Add(1) })
	if f := r.device.RxFilter(); !f.Promiscuous || f.MAC != defaultMAC || f.Unicast != RxNormal || f.Multicast != RxNormal || f.VLAN != RxNone ||
		f.BroadcastAllowed || f.UnicastTable != nil || f.MulticastTable != nil {
		t.Errorf("at first: %+v", f)
	}
	a, b, m := mac{2, 0, 0, 0, 0, 1}, mac{2, 0, 0, 0, 0, 2}, mac{1, 0, 0, 0, 0, 3}
	for _, c := range [][]byte{
		{0, 0, 0}, {0, 1, 1}, {0, 4, 1}, {0, 5, 1}, {2, 0, 7, 0}, {2, 0, 9, 0}, join([]byte{1, 0}, list(a, b), list(m)), join([]byte{1, 1}, a[:]),
	} {
		if got := r.command(c); got != 0 {
			t.Fatalf("%x: answer %d", c, got)
		}
	}
	f := r.device.RxFilter()
	if f.Promiscuous || f.Multicast != RxAll || f.Unicast != RxNone || f.VLAN != RxNormal || !f.BroadcastAllowed || f.MAC != a {
		t.Errorf("modes: %+v", f)
	}
	if len(f.UnicastTable) != 2 || f.UnicastTable[0] != b || f.UnicastTable[1] != a || len(f.MulticastTable) != 1 || f.MulticastTable[0] != m {
		t.Errorf("tables: %+v", f)
	}
	if len(f.VLANTable) != 2 || f.VLANTable[0] != 9 || f.VLANTable[1] != 7 {
		t.Errorf("VLANs: %v", f.VLANTable)
	}
	if changes.Load() != 1 {
		t.Errorf("told %d times, want once", changes.Load())
	}
	r.command([]byte{0, 9, 1}) // refused
	if r.command(join([]byte{1, 0}, list(many(65)...), list())); changes.Load() != 2 || !r.device.RxFilter().UnicastOverflow {
		t.Errorf("told %d times, %+v", changes.Load(), r.device.RxFilter())
	}
	r.Reset(modern.features.Without(CtrlVLAN))
	if f := r.device.RxFilter(); !f.Promiscuous || f.VLAN != RxAll || len(f.VLANTable) != maxVLAN || f.MAC != defaultMAC {
		t.Errorf("after a reset: %+v", f)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if f := r.device.RxFilter(); f.VLAN != RxAll || len(f.VLANTable) != maxVLAN {
		t.Errorf("without a driver: %+v", f)
	}
}

func TestWhatADriverAcceptedCountsBeforeItIsReadyAndAfterItBrokeTheDevice(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	r.command([]byte{0, 0, 0})
	r.command([]byte{2, 0, 7, 0})
	r.Queue(2).Add(virtiotest.Readable(r.RAM.Alloc(1, 1), 1))
	r.Queue(2).Kick()
	r.Violation(patience)
	if f := r.device.RxFilter(); f.Promiscuous || f.VLAN != RxNormal || len(f.VLANTable) != 1 {
		t.Errorf("the filter of a broken device: %+v", f)
	}
	_ = r.Stop() // the violation
	r.device.Announce()
	if r.device.status != statusLinkUp {
		t.Errorf("status %d: a driver that accepted nothing is asked to announce itself", r.device.status)
	}
	r.device.accept(virtio.FeaturesOf(GuestAnnounce, CtrlVQ, CtrlVLAN))
	r.device.Announce()
	if r.device.status != statusLinkUp|statusAnnounce {
		t.Errorf("status %d: a driver that accepted GUEST_ANNOUNCE does not find the request", r.device.status)
	}
	if f := r.device.RxFilter(); !f.Promiscuous || f.VLAN != RxNone || len(f.VLANTable) != 0 {
		t.Errorf("the filter that a driver will have: %+v", f)
	}
}
