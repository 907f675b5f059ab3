package virtionet

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

var control = virtio.FeaturesOf(CtrlVQ, CtrlRX, CtrlRXExtra, CtrlVLAN, CtrlMACAddr, GuestAnnounce, CtrlGuestOffloads)

// command sends class, command and data, cut at the given lengths, and returns the answer. The last queue is the control queue.
func (r *rig) command(data []byte, cut ...int) byte {
	r.t.Helper()
	ring := r.Queue(r.Queues() - 1)
	at := r.RAM.Put(data)
	var bufs []virtiotest.Buffer
	for _, n := range append(cut, len(data)) {
		if n = min(n, len(data)); n > 0 {
			bufs = append(bufs, virtiotest.Readable(at, n))
			at, data = at+uint64(n), data[n:]
		}
	}
	ack := r.RAM.Put([]byte{0xee, 0xee, 0xee})
	ring.Add(append(bufs, virtiotest.Writable(ack, 3))...)
	ring.Kick()
	if u := ring.Wait(patience); u.Len != 1 {
		r.t.Errorf("used length %d, want 1", u.Len)
	}
	b := r.RAM.Bytes(ack, 3)
	if b[1] != 0xee || b[2] != 0xee {
		r.t.Errorf("the device wrote %x for one byte", b)
	}
	return b[0]
}

func list(macs ...mac) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(macs)))
	for _, m := range macs {
		b = append(b, m[:]...)
	}
	return b
}

func many(n int) []mac {
	macs := make([]mac, n)
	for i := range macs {
		macs[i] = mac{2, 9, 9, 9, 9, byte(i)}
	}
	return macs
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestACommandIsAnsweredAsByQEMU(t *testing.T) {
	a, b := mac{2, 0, 0, 0, 0, 1}, mac{1, 0, 0, 0, 0, 2}
	for _, c := range []struct {
		name string
		data []byte
		ack  byte
	}{
		{"promiscuous off", []byte{0, 0, 0}, 0},
		{"a mode with bytes to spare", []byte{0, 1, 1, 7, 7}, 0},
		{"the last mode", []byte{0, 5, 1}, 0},
		{"a mode that does not exist", []byte{0, 6, 1}, 1},
		{"a mode without its byte", []byte{0, 0}, 1},
		{"an empty table", join([]byte{1, 0}, list(), list()), 0},
		{"a table", join([]byte{1, 0}, list(a), list(b)), 0},
		{"a full table", join([]byte{1, 0}, list(many(40)...), list(many(24)...)), 0},
		{"too many addresses", join([]byte{1, 0}, list(many(65)...), list()), 0},
		{"too many groups", join([]byte{1, 0}, list(many(1)...), list(many(64)...)), 0},
		{"a table with a byte to spare", join([]byte{1, 0}, list(a), list(b), []byte{0}), 1},
		{"a table without its second list", join([]byte{1, 0}, list(a)), 1},
		{"a count without its addresses", join([]byte{1, 0}, []byte{2, 0, 0, 0}, a[:]), 1},
		{"a count that wraps 32 bits (CVE-2014-0150)", join([]byte{1, 0}, []byte{0xab, 0xaa, 0xaa, 0x2a}, a[:]), 1},
		{"the greatest count", join([]byte{1, 0}, []byte{0xff, 0xff, 0xff, 0xff}, a[:]), 1},
		{"half a count", []byte{1, 0, 1, 0}, 1},
		{"an address", join([]byte{1, 1}, a[:]), 0},
		{"an address that is too short", join([]byte{1, 1}, a[:5]), 1},
		{"an address that is too long", join([]byte{1, 1}, a[:], []byte{0}), 1},
		{"an unknown address command", join([]byte{1, 2}, a[:]), 1},
		{"VLAN 0 added", []byte{2, 0, 0, 0}, 0},
		{"VLAN 4095 removed", []byte{2, 1, 0xff, 0x0f}, 0},
		{"VLAN 4096", []byte{2, 0, 0x00, 0x10}, 1},
		{"half a VLAN", []byte{2, 0, 1}, 1},
		{"an unknown VLAN command", []byte{2, 2, 1, 0}, 1},
		{"an announcement that was not asked for", []byte{3, 0}, 1},
		{"pairs without MQ", []byte{4, 0, 1, 0}, 1},
		{"no offloads", []byte{5, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0},
		{"offloads that were accepted", []byte{5, 0, 0x82, 0x03, 0, 0, 0, 0, 0, 0}, 0},
		{"offloads that were not", []byte{5, 0, 0x02, 0x04, 0, 0, 0, 0, 0, 0}, 1},
		{"bits that are no offloads", []byte{5, 0, 0x20, 0, 0, 0, 0, 0, 0, 0}, 1},
		{"half the offloads", []byte{5, 0, 2, 0, 0, 0}, 1},
		{"an unknown offload command", []byte{5, 1, 0, 0, 0, 0, 0, 0, 0, 0}, 1},
		{"an unknown class", []byte{6, 0, 0}, 1},
		{"the last class", []byte{255, 255}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := modern.features.Or(control).With(GuestCsum, GuestTSO4, GuestTSO6, GuestECN)
			r := start(t, tapOffload, f, Config{}, virtiotest.Options{RAM: 8 << 20})
			for _, cut := range [][]int{{2}, {1}, nil, {3}, {2, 4}, {1, 1, 1, 1, 1, 1, 1, 1}} {
				if got := r.command(c.data, cut...); got != c.ack {
					t.Errorf("cut at %v: answer %d, want %d", cut, got, c.ack)
				}
			}
			if s := r.device.Stats().Control; s.OK+s.Err != 6 || s.Interrupts == 0 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestAControlBufferWithoutHeaderOrAckBreaksARule(t *testing.T) {
	for name, bufs := range map[string]func(*virtiotest.RAM) []virtiotest.Buffer{
		"one readable byte": func(m *virtiotest.RAM) []virtiotest.Buffer {
			return []virtiotest.Buffer{virtiotest.Readable(m.Alloc(1, 1), 1), virtiotest.Writable(m.Alloc(1, 1), 1)}
		},
		"no ack": func(m *virtiotest.RAM) []virtiotest.Buffer {
			return []virtiotest.Buffer{virtiotest.Readable(m.Alloc(3, 1), 3)}
		},
	} {
		r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
		r.Queue(2).Add(bufs(r.RAM)...)
		r.Queue(2).Kick()
		if v := r.Violation(patience); v.Rule != RuleControlLayout || v.Queue != 2 {
			t.Errorf("%s: %v", name, v)
		}
	}
}

func TestFilteredFramesCostNoBuffer(t *testing.T) {
	r := start(t, tapOffload, merged.features.Or(control), Config{}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
	rx.Keep = true
	rx.Post(1)
	r.command([]byte{0, 0, 0})
	to := func(m mac, n int) []byte { return append(m[:], frame(n, 1)...) }
	r.send(nil, to(mac{2, 1, 1, 1, 1, 1}, 60))
	r.send(nil, to(mac{2, 1, 1, 1, 1, 2}, 9000)) // would wait for buffers if it were wanted
	r.dropped(DropFiltered, 2)
	r.send(nil, to(defaultMAC, 60))
	if got := rx.Receive(patience); !bytes.Equal(got.Payload, to(defaultMAC, 60)) {
		t.Errorf("%x", got.Payload)
	}
}

func TestTheMACThatADriverSetsIsReadAndFiltered(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxSmall, modern.header)
	rx.Fill()
	own := mac{2, 7, 7, 7, 7, 7}
	if r.command([]byte{0, 0, 0}) != 0 || r.command(join([]byte{1, 1}, own[:])) != 0 {
		t.Fatal("refused")
	}
	if got := r.device.currentMAC(); got != own || r.ConfigChanges() != 0 {
		t.Errorf("the driver reads %x after %d notifications", got, r.ConfigChanges())
	}
	r.send(nil, append(defaultMAC[:], frame(60, 1)...))
	r.send(nil, append(own[:], frame(60, 2)...))
	if got := rx.Receive(patience); !bytes.HasPrefix(got.Payload, own[:]) {
		t.Errorf("a frame for %x passes", got.Payload[:6])
	}
	r.Reset(modern.features)
	if got := r.device.currentMAC(); got != defaultMAC {
		t.Errorf("after a reset the driver reads %x", got)
	}
}

func TestAnAnnouncementStandsUntilItIsAcknowledged(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	status := func() byte {
		var b [2]byte
		r.device.config.Read(configStatus, b[:])
		return b[0]
	}
	r.device.Announce()
	if status() != statusLinkUp|statusAnnounce || r.ConfigChanges() != 1 {
		t.Errorf("status %d after %d notifications", status(), r.ConfigChanges())
	}
	if first, second := r.command([]byte{3, 0}), r.command([]byte{3, 0}); first != 0 || second != 1 || status() != statusLinkUp {
		t.Errorf("answers %d and %d, status %d", first, second, status())
	}
	r.device.Announce()
	r.Reset(modern.features)
	if status() != statusLinkUp {
		t.Errorf("status %d after a reset", status())
	}
	if r.device.Announce(); status() != statusLinkUp {
		t.Error("a driver without GUEST_ANNOUNCE is asked for it")
	}
}

func TestTheNetdevIsToldWhatTheDriverAccepts(t *testing.T) {
	f := modern.features.Or(control).Or(guestOffloads)
	r := start(t, tapOffload, f, Config{}, virtiotest.Options{})
	if r.netdev.Header() != 12 || r.netdev.Accepted() != tapOffload || r.netdev.Queues() != 1 {
		t.Errorf("header %d, offloads %v, %d queues", r.netdev.Header(), r.netdev.Accepted(), r.netdev.Queues())
	}
	r.command([]byte{5, 0, 0x82, 0, 0, 0, 0, 0, 0, 0})
	if got, want := r.netdev.Accepted(), net.OffloadCsum|net.OffloadTSO4; got != want {
		t.Errorf("after the command: %v, want %v", got, want)
	}
	r.Reset(legacy.features)
	r.wait("the legacy header", func() bool { return r.netdev.Header() == 10 && r.netdev.Accepted() == 0 })
}

func TestAfterAResetTheNetdevHasWholeFramesOnOneQueue(t *testing.T) {
	f := modern.features.Or(control).Or(guestOffloads).With(MQ)
	r := start(t, tapOffload, f, Config{MQ: true}, virtiotest.Options{})
	if r.command([]byte{4, 0, 2, 0}) != 0 || r.netdev.Queues() != 2 || r.netdev.Accepted() != tapOffload {
		t.Fatalf("%d queues, offloads %v", r.netdev.Queues(), r.netdev.Accepted())
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if r.netdev.Queues() != 1 || r.netdev.Accepted() != 0 {
		t.Errorf("%d queues, offloads %v", r.netdev.Queues(), r.netdev.Accepted())
	}
}

func TestTheOffloadCommandNeedsANetdevWithHeaders(t *testing.T) {
	r := start(t, noOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	if r.command([]byte{5, 0, 0, 0, 0, 0, 0, 0, 0, 0}) != 1 {
		t.Error("accepted")
	}
}

func TestFramesGoToTheQueuePairsInUseOnly(t *testing.T) {
	r := start(t, tapOffload, modern.features.With(MQ), Config{MQ: true}, virtiotest.Options{})
	if r.Queues() != 5 {
		t.Fatalf("%d queues, want 5", r.Queues())
	}
	var rx [2]*virtiotest.Receiver
	for i := range rx {
		rx[i] = virtiotest.NewReceiver(r.Queue(2*i), virtiotest.LinuxSmall, modern.header)
		rx[i].Fill()
	}
	for _, c := range []struct{ pairs, ack byte }{{0, 1}, {3, 1}, {2, 0}, {1, 0}, {2, 0}} {
		if got := r.command([]byte{4, 0, c.pairs, 0}); got != c.ack {
			t.Fatalf("%d pairs: answer %d, want %d", c.pairs, got, c.ack)
		}
		if c.ack == 0 && r.netdev.Queues() != int(c.pairs) {
			t.Fatalf("%d pairs: the netdev has %d", c.pairs, r.netdev.Queues())
		}
	}
	for i := range rx {
		if err := r.peer.Send(i, nil, frame(60, byte(i))); err != nil {
			t.Fatal(err)
		}
		if got := rx[i].Receive(patience); !bytes.Equal(got.Payload, frame(60, byte(i))) {
			t.Errorf("pair %d: another frame", i)
		}
	}
	// What is in the link of a pair that is not in use stays there.
	if err := r.peer.Send(1, nil, frame(60, 8)); err != nil {
		t.Fatal(err)
	}
	rx[1].Receive(patience)
	r.command([]byte{4, 0, 1, 0})
	r.Queue(3).Add(virtiotest.Readable(r.RAM.Alloc(72, 1), 72))
	r.Queue(3).Kick()
	r.Queue(3).Wait(patience)
	if s := r.device.Stats().Transmit[1]; s.Drops[DropUnserved] != 1 {
		t.Errorf("counted %+v", s)
	}
}

// A driver waits for the answer before it does anything else, so the device must not wait for the driver's buffers meanwhile.
func TestACommandIsAnsweredWhileAFrameWaitsForBuffers(t *testing.T) {
	r := start(t, tapOffload, merged.features.Or(control).With(MQ), Config{MQ: true}, virtiotest.Options{})
	rx := virtiotest.NewReceiver(r.Queue(0), virtiotest.LinuxMergeable, merged.header)
	other := virtiotest.NewReceiver(r.Queue(2), virtiotest.LinuxMergeable, merged.header)
	rx.Keep, other.Keep = true, true
	rx.Post(1)
	other.Post(1)
	r.command([]byte{4, 0, 2, 0})
	r.send(nil, frame(9000, 1))
	if err := r.peer.Send(1, nil, frame(9000, 2)); err != nil {
		t.Fatal(err)
	}
	r.wait("both wait", func() bool {
		s := r.device.Stats()
		return s.Receive[0].Waited == 1 && s.Receive[1].Waited == 1
	})
	if got := r.command([]byte{4, 0, 1, 0}); got != 0 {
		t.Fatalf("answer %d", got)
	}
	if s := r.device.Stats().Receive[1]; s.Drops[DropUnserved] != 1 {
		t.Errorf("counted %+v", s)
	}
	rx.Post(8)
	if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(9000, 1)) {
		t.Error("another frame")
	}
	other.Empty()
}

func TestPairsAreOutOfUseWhenTheCommandIsAnswered(t *testing.T) {
	r := start(t, tapOffload, modern.features.With(MQ), Config{MQ: true}, virtiotest.Options{})
	l := r.device.life
	onItsWay := l.receivers[1].turn // as while a frame is being received
	onItsWay.Lock()
	done := make(chan bool, 1)
	go func() { done <- l.commandMQ(vqPairsSet, &reader{vecs: []unix.Iovec{iovec.Of([]byte{1, 0})}, left: 2}) }()
	time.Sleep(20 * time.Millisecond)
	early := len(done)
	onItsWay.Unlock()
	if ok := <-done; !ok || early != 0 {
		t.Errorf("obeyed: %v, before the frame on its way: %v", ok, early != 0)
	}
}

func TestAResetForgetsTheFilter(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(control), Config{}, virtiotest.Options{})
	r.command([]byte{0, 0, 0})
	r.command([]byte{0, 5, 1})
	r.Reset(modern.features.Or(control))
	rx := r.receiver(virtiotest.LinuxSmall, modern.header)
	rx.Fill()
	r.send(nil, append(broadcast[:], frame(60, 1)...))
	rx.Receive(patience)
}

func TestAResetInTheMidstOfTrafficLeavesNothing(t *testing.T) {
	r := start(t, tapOffload, merged.features, Config{}, virtiotest.Options{})
	for round := range 20 {
		m := modes[round%len(modes)]
		r.Reset(m.features)
		rx := r.receiver(virtiotest.LinuxMergeable, m.header)
		rx.Keep = true
		rx.Post(1 + round%5)
		for range 10 {
			if err := r.peer.Send(0, nil, frame(1400+round*300, 1)); err != nil && err != net.ErrWouldBlock {
				t.Fatal(err)
			}
		}
		r.transmit(make([]byte, m.header), frame(60, 1))
		time.Sleep(time.Duration(round%4) * 200 * time.Microsecond)
	}
}

func TestAQueueThatIsResetAloneComesBack(t *testing.T) {
	r := start(t, tapOffload, merged.features, Config{}, virtiotest.Options{})
	for round := range byte(5) {
		rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
		rx.Fill()
		r.send(nil, frame(9000, round))
		if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(9000, round)) {
			t.Fatal("another frame")
		}
		r.Disable(0)
		r.Enable(0)
	}
	if s := r.rx(); s.Frames != 5 || s.Interrupts < 5 {
		t.Errorf("counted %+v", s)
	}
}
