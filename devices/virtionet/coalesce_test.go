package virtionet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const tcpFIN = 0x01

// A sent is a TCP segment of the test's flow.
type sent struct {
	seq, ack uint32
	flags    byte
	window   uint16
	size     int
	hdr      []byte             // virtio_net_hdr
	change   func(frame []byte) // before it is sent
}

func (s sent) frame(src, dst netip.AddrPort) []byte {
	f := carried(src, dst, protocolTCP, tcp(src, dst, s.seq, s.ack, s.flags, s.window, stretch(s.seq, s.size)))
	if s.change != nil {
		s.change(f)
	}
	return f
}

// stretch is the part of a stream of data that begins at seq.
func stretch(seq uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((seq + uint32(i)) * 7)
	}
	return b
}

// An arrival is what the driver gets: a segment by itself, or several as one.
type arrival struct {
	sent
	packets int // in one; 0 is a segment as it was sent
	mss     int
}

var (
	rscFeatures = merged.features.With(GuestCsum, GuestTSO4, GuestTSO6, RscExt, CtrlGuestOffloads)
	data        = func(seq uint32, n int) sent { return sent{seq: seq, ack: 1, flags: tcpACK, window: 100, size: n} }
	fin         = sent{seq: 99999, ack: 1, flags: tcpACK | tcpFIN, window: 1}
	never       = time.Hour
	spoilSum    = func(f []byte) { f[len(f)-1] ^= 1 }
	setByte     = func(at int, v byte) func([]byte) { return func(f []byte) { f[at] = v } }
)

// The last segment of each sends what is held before it. QEMU 7.2.22 gives its driver the same segments, counted the same, where the
// case is not one of doc.go's.
func TestSegmentsAreCoalescedAsQEMUDoes(t *testing.T) {
	for _, c := range []struct {
		name string
		sent []sent
		want []arrival
	}{
		{"three in a row", []sent{data(1, 1000), data(1001, 1000), data(2001, 500), fin},
			[]arrival{{data(1, 2500), 3, 1000}, {sent: fin}}},
		{"the latest acknowledgment, window and PSH",
			[]sent{data(1, 1000), {seq: 1001, ack: 77, flags: tcpACK | tcpPSH, window: 5, size: 10}, fin},
			[]arrival{{sent{seq: 1, ack: 77, flags: tcpACK | tcpPSH, window: 5, size: 1010}, 2, 1000}, {sent: fin}}},
		{"data after an acknowledgment", []sent{data(1, 0), data(1, 700), fin}, []arrival{{data(1, 700), 2, 700}, {sent: fin}}},
		{"an acknowledgment between data", []sent{data(1, 100), data(101, 0), data(101, 200), fin},
			[]arrival{{data(1, 300), 3, 200}, {sent: fin}}},
		{"a new window", []sent{data(1, 0), {seq: 1, ack: 1, flags: tcpACK, window: 9}, fin},
			[]arrival{{sent{seq: 1, ack: 1, flags: tcpACK, window: 9}, 1, 0}, {sent: fin}}},
		{"one by itself", []sent{data(1, 1000), fin}, []arrival{{sent: data(1, 1000)}, {sent: fin}}},
		{"a gap", []sent{data(1, 1000), data(1002, 10), fin}, []arrival{{sent: data(1, 1000)}, {sent: data(1002, 10)}, {sent: fin}}},
		{"a retransmission", []sent{data(1, 1000), data(1, 1000), fin}, []arrival{{sent: data(1, 1000)}, {sent: data(1, 1000)}, {sent: fin}}},
		{"duplicate acknowledgments", []sent{data(1, 0), data(1, 0), data(1, 0), fin},
			[]arrival{{sent: data(1, 0)}, {sent: data(1, 0)}, {sent: data(1, 0)}, {sent: fin}}},
		{"another acknowledgment without data", []sent{data(1, 0), {seq: 1, ack: 9, flags: tcpACK, window: 100}, fin},
			[]arrival{{sent: data(1, 0)}, {sent: sent{seq: 1, ack: 9, flags: tcpACK, window: 100}}, {sent: fin}}},
		{"an old acknowledgment", []sent{data(1, 10), {seq: 11, ack: 0, flags: tcpACK, window: 100, size: 10}, fin},
			[]arrival{{sent: data(1, 10)}, {sent: sent{seq: 11, ack: 0, flags: tcpACK, window: 100, size: 10}}, {sent: fin}}},
		{"sequence numbers that wrap", []sent{data(0xffffff00, 0x200), data(0x100, 10), fin},
			[]arrival{{data(0xffffff00, 0x20a), 2, 0x200}, {sent: fin}}},
		{"more than IP can say", []sent{data(1, 60000), data(60001, 6000), fin},
			[]arrival{{sent: data(1, 60000)}, {sent: data(60001, 6000)}, {sent: fin}}},
		{"a wrong checksum", []sent{data(1, 10), {seq: 11, ack: 1, flags: tcpACK, window: 1, size: 10, change: spoilSum}, fin},
			[]arrival{{sent: data(1, 10)}, {sent: sent{seq: 11, ack: 1, flags: tcpACK, window: 1, size: 10, change: spoilSum}}, {sent: fin}}},
		{"a segment that is to be segmented", []sent{data(1, 10),
			{seq: 11, ack: 1, flags: tcpACK, window: 1, size: 3000, hdr: []byte{flagNeedsCsum, gsoTCPv4}}, fin},
			[]arrival{{sent: data(1, 10)}, {sent: sent{seq: 11, ack: 1, flags: tcpACK, window: 1, size: 3000}}, {sent: fin}}},
	} {
		for name, pair := range map[string][2]netip.AddrPort{"IPv4": {src4, dst4}, "IPv6": {src6, dst6}} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				r, rx := startRSC(t, rscFeatures, never)
				for _, s := range c.sent {
					r.send(s.hdr, s.frame(pair[0], pair[1]))
				}
				for _, w := range c.want {
					checkArrival(t, rx.Receive(patience), w, pair)
				}
				rx.Empty()
			})
		}
	}
}

func startRSC(t *testing.T, f virtio.Features, interval time.Duration) (*rig, *virtiotest.Receiver) {
	t.Helper()
	r := start(t, tapOffload, f, Config{RSCInterval: interval}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
	rx.Fill()
	return r, rx
}

// checkArrival: nobody looks at the TCP checksum of coalesced segments.
func checkArrival(t *testing.T, got virtiotest.Frame, want arrival, pair [2]netip.AddrPort) {
	t.Helper()
	frame := want.frame(pair[0], pair[1])
	if want.packets == 0 {
		if !bytes.Equal(got.Payload, frame) || got.Header[headerFlags]&flagRSCInfo != 0 {
			t.Fatalf("header %x and %d bytes instead of %+v", got.Header, len(got.Payload), want)
		}
		return
	}
	headers, gso := len(frame)-want.size, byte(gsoTCPv4)
	if pair[0].Addr().Is6() {
		gso = gsoTCPv6
	}
	if len(got.Payload) == len(frame) {
		copy(got.Payload[headers-4:headers-2], frame[headers-4:])
	}
	if !bytes.Equal(got.Payload, frame) {
		t.Errorf("%d bytes instead of %+v", len(got.Payload), want)
	}
	h := binary.LittleEndian.AppendUint16([]byte{flagRSCInfo | flagDataValid, gso}, uint16(headers))
	h = binary.LittleEndian.AppendUint16(h, uint16(want.mss))
	h = append(binary.LittleEndian.AppendUint16(h, uint16(want.packets)), 0, 0)
	if !bytes.Equal(got.Header[:10], h) {
		t.Errorf("header %x, want %x", got.Header[:10], h)
	}
}

func TestWhatIsNoPlainSegmentIsNotHeldBack(t *testing.T) {
	segment := data(1, 100).frame(src4, dst4)
	segment6 := data(1, 100).frame(src6, dst6)
	changed := func(f []byte, changes ...func([]byte)) []byte {
		f = bytes.Clone(f)
		for _, c := range changes {
			c(f)
		}
		return f
	}
	tcpAt := ipAt + ipv4Len
	for name, f := range map[string][]byte{
		"ARP":                     ether(nil, 0x0806, make([]byte, 46)),
		"UDP":                     carried(src4, dst4, protocolUDP, udp(src4, dst4, make([]byte, 20))),
		"SYN":                     changed(segment, setByte(tcpAt+tcpFlags, 2)),
		"RST":                     changed(segment, setByte(tcpAt+tcpFlags, 0x14)),
		"ECE":                     changed(segment, setByte(tcpAt+tcpFlags, 0x50)),
		"TCP options":             changed(segment, setByte(tcpAt+tcpOffset, 6<<4)),
		"a TCP header too short":  changed(segment, setByte(tcpAt+tcpOffset, 4<<4)),
		"may be fragmented":       changed(segment, setByte(ipAt+ipv4Fragment, 0)),
		"a fragment":              changed(segment, setByte(ipAt+ipv4Fragment, 0x20)),
		"congestion over IPv4":    changed(segment, setByte(ipAt+ipv4TOS, 3)),
		"congestion over IPv6":    changed(segment6, setByte(ipAt+1, 0x30)),
		"IP says too much":        changed(segment, setByte(ipAt+ipv4Total, 0x10)),
		"IPv6 says too much":      changed(segment6, setByte(ipAt+ipv6Payload, 0x10)),
		"IP says too little":      changed(segment, setByte(ipAt+ipv4Total+1, 39)),
		"IP options":              changed(segment, setByte(ipAt, 0x46)),
		"in a VLAN":               ether([]uint16{etherTypeVLAN}, etherTypeIPv4, segment[ipAt:]),
		"IPv6 extension headers":  carried(src6, dst6, extDestination, append([]byte{protocolTCP, 0, 1, 4, 0, 0, 0, 0}, segment6[ipAt+ipv6Len:]...)),
		"a checksum that is none": changed(segment, spoilSum),
		"the same with padding":   append(changed(segment, spoilSum), 0, 0, 0),
	} {
		r, rx := startRSC(t, rscFeatures, never)
		r.send(nil, f)
		if got := rx.Receive(patience); !bytes.Equal(got.Payload, f) || got.Header[headerFlags] != 0 {
			t.Errorf("%s: header %x, %d bytes", name, got.Header, len(got.Payload))
		}
	}
}

func TestAChecksumThatTheLinkVouchesForIsNotComputed(t *testing.T) {
	for _, flags := range []byte{flagNeedsCsum, flagDataValid} {
		r, rx := startRSC(t, rscFeatures, never)
		for _, s := range []sent{data(1, 10), data(11, 10)} {
			s.hdr, s.change = []byte{flags}, spoilTCPSum
			r.send(s.hdr, s.frame(src4, dst4))
		}
		r.send(nil, fin.frame(src4, dst4))
		checkArrival(t, rx.Receive(patience), arrival{data(1, 20), 2, 10}, [2]netip.AddrPort{src4, dst4})
	}
}

func spoilTCPSum(f []byte) { f[ipAt+ipv4Len+16] ^= 0xff }

func TestASegmentIsHeldForNoLongerThanTheInterval(t *testing.T) {
	for _, m := range []virtio.Features{rscFeatures, rscFeatures.With(virtio.RingPacked)} {
		r, rx := startRSC(t, m, time.Millisecond)
		for i := range uint32(20) {
			want := data(100*i, 50).frame(src4, dst4)
			r.send(nil, want)
			if got := rx.Receive(patience); !bytes.Equal(got.Payload, want) {
				t.Fatal("another frame")
			}
		}
	}
}

func TestPaddingIsNoData(t *testing.T) {
	r, rx := startRSC(t, rscFeatures, never)
	short := data(1, 1).frame(src4, dst4)
	r.send(nil, append(short, make([]byte, 60-len(short))...))
	r.send(nil, data(2, 100).frame(src4, dst4))
	r.send(nil, fin.frame(src4, dst4))
	checkArrival(t, rx.Receive(patience), arrival{data(1, 101), 2, 100}, [2]netip.AddrPort{src4, dst4})
}

func TestFlowsAreHeldBesideEachOtherAndTheOldestGoesWhenThereAreTooMany(t *testing.T) {
	r, rx := startRSC(t, rscFeatures, never)
	from := func(i int) netip.AddrPort { return netip.AddrPortFrom(src4.Addr(), uint16(1000+i)) }
	const flows = maxHeld + 3
	for i := range flows {
		r.send(nil, data(1, 100).frame(from(i), dst4))
	}
	for i := range flows - maxHeld {
		if got := rx.Receive(patience); !bytes.Equal(got.Payload, data(1, 100).frame(from(i), dst4)) {
			t.Fatalf("flow %d is not the oldest", i)
		}
	}
	last := from(flows - 1)
	r.send(nil, data(101, 100).frame(last, dst4))
	r.send(nil, fin.frame(last, dst4))
	checkArrival(t, rx.Receive(patience), arrival{data(1, 200), 2, 100}, [2]netip.AddrPort{last, dst4})
	checkArrival(t, rx.Receive(patience), arrival{sent: fin}, [2]netip.AddrPort{last, dst4})
}

func TestTheOffloadCommandSwitchesCoalescing(t *testing.T) {
	offloads := func(f virtio.Features) []byte {
		return binary.LittleEndian.AppendUint64([]byte{5, 0}, f[0])
	}
	tso := virtio.FeaturesOf(GuestCsum, GuestTSO4, GuestTSO6)
	for _, c := range []struct {
		name     string
		accepted virtio.Features
		asked    virtio.Features
		kinds    rscKinds
	}{
		{"on", rscFeatures, tso.With(RscExt), rscIPv4 | rscIPv6},
		{"off", rscFeatures, tso, 0},
		{"without TSO6", rscFeatures, tso.With(RscExt).Without(GuestTSO6), rscIPv4},
		{"without TSO4", rscFeatures, tso.With(RscExt).Without(GuestTSO4), rscIPv6},
		{"on, not accepted", rscFeatures.Without(RscExt), tso.With(RscExt), 0},
	} {
		r, _ := startRSC(t, c.accepted, never)
		if got := r.command(offloads(c.asked)); got != 0 {
			t.Errorf("%s: answer %d", c.name, got)
		}
		if got := r.device.life.rscKinds(); got != c.kinds {
			t.Errorf("%s: kinds %d, want %d", c.name, got, c.kinds)
		}
	}
}

func TestWhatIsHeldWhenCoalescingEndsIsSent(t *testing.T) {
	r, rx := startRSC(t, rscFeatures, never)
	want := data(1, 100).frame(src4, dst4)
	r.send(nil, want)
	r.send(nil, data(101, 100).frame(src4, dst4))
	r.wait("it is held", func() bool { return r.rx().Coalesced == 1 })
	r.command(binary.LittleEndian.AppendUint64([]byte{5, 0}, virtio.FeaturesOf(GuestCsum, GuestTSO4, GuestTSO6)[0]))
	checkArrival(t, rx.Receive(patience), arrival{data(1, 200), 2, 100}, [2]netip.AddrPort{src4, dst4})
}

func TestHeldSegmentsWaitForBuffersAndEndWithTheirDriver(t *testing.T) {
	r := start(t, tapOffload, rscFeatures, Config{RSCInterval: time.Millisecond}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
	rx.Keep = true
	want := data(1, 100).frame(src4, dst4)
	r.send(nil, want)
	r.wait("it waits", func() bool { return r.rx().Waited == 1 })
	r.send(nil, data(101, 100).frame(src4, dst4))
	rx.Post(1)
	if got := rx.Receive(patience); !bytes.Equal(got.Payload, want) {
		t.Error("another frame")
	}
	r.wait("the other waits", func() bool { return r.rx().Waited == 2 })
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if s := r.rx(); s.Drops[DropReset] != 1 {
		t.Errorf("counted %+v", s)
	}
}

func TestCoalescedSegmentsAreSteeredByTheirHash(t *testing.T) {
	f := rssModes[2].features.Or(rscFeatures)
	r := startPairs(t, rssPairs, tapOffload, f, Config{RSCInterval: never}, virtiotest.Options{})
	rx := virtiotest.NewReceiver(r.Queue(4), virtiotest.LinuxMergeable, hashHeaderLen)
	rx.Fill()
	r.command(rssCommand(supportedHashes, 3, rssPairs, 2))
	for i := range uint32(30) {
		r.sendOn(0, data(1+1000*i, 1000).frame(src4, dst4))
	}
	r.sendOn(0, fin.frame(src4, dst4))
	got := rx.Receive(patience)
	checkArrival(t, got, arrival{data(1, 30000), 30, 1000}, [2]netip.AddrPort{src4, dst4})
	if h := binary.LittleEndian.Uint32(got.Header[headerHash:]); h != msSums[0].withPort {
		t.Errorf("hash %#x", h)
	}
}
