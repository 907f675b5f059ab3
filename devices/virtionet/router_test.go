package virtionet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// rssCommand is MQ_RSS_CONFIG with Microsoft's key (5.1.9.5.7.1).
func rssCommand(hashes hashSet, fallback uint16, pairs uint16, table ...uint16) []byte {
	b := []byte{4, rssConfig}
	b = binary.LittleEndian.AppendUint32(b, uint32(hashes))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(table)-1))
	b = binary.LittleEndian.AppendUint16(b, fallback)
	for _, q := range table {
		b = binary.LittleEndian.AppendUint16(b, q)
	}
	return withKey(binary.LittleEndian.AppendUint16(b, pairs))
}

// hashCommand is MQ_HASH_CONFIG (5.1.9.5.6.4).
func hashCommand(hashes hashSet) []byte {
	b := binary.LittleEndian.AppendUint32([]byte{4, hashConfig}, uint32(hashes))
	return withKey(append(b, make([]byte, 8)...))
}

func withKey(b []byte) []byte {
	return append(append(b, maxKeyLen), testKeyBytes[:]...)
}

var rssModes = []mode{
	{"split", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, RSS), 12, false},
	{"split with hashes, no merging", virtio.FeaturesOf(MAC, Status, CtrlVQ, virtio.IndirectDesc, virtio.Version1, RSS, HashReport), 20, false},
	{"packed with hashes", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingPacked, RSS, HashReport, MQ), 20, false},
	{"packed in order", virtio.FeaturesOf(MAC, Status, CtrlVQ, MrgRxbuf, virtio.IndirectDesc, virtio.Version1, virtio.RingPacked, virtio.InOrder, RSS), 12, false},
}

const rssPairs = 4

// startRSS runs a device with four pairs, all in use by the table, and buffers posted.
func startRSS(t *testing.T, m mode, table ...uint16) (*rig, []*virtiotest.Receiver) {
	t.Helper()
	r := startPairs(t, rssPairs, tapOffload, m.features, Config{}, virtiotest.Options{})
	var rx []*virtiotest.Receiver
	for i := range rssPairs {
		rx = append(rx, virtiotest.NewReceiver(r.Queue(2*i), virtiotest.LinuxBig, m.header))
		rx[i].Fill()
	}
	if got := r.command(rssCommand(supportedHashes, 3, rssPairs, table...)); got != 0 {
		t.Fatalf("answer %d", got)
	}
	return r, rx
}

// arrives checks that a frame is the next of a pair, and reports its hash.
func (r *rig) arrives(rx *virtiotest.Receiver, want []byte, report hashReport, hash uint32) {
	r.t.Helper()
	got := rx.Receive(patience)
	if !bytes.Equal(got.Payload, want) {
		r.t.Fatalf("another frame of %d bytes, want %d", len(got.Payload), len(want))
	}
	if len(got.Header) < hashHeaderLen {
		return
	}
	h := got.Header[headerHash:]
	if binary.LittleEndian.Uint32(h) != hash || h[4] != byte(report) || h[5]|h[6]|h[7] != 0 {
		r.t.Errorf("hash %x, want %#x as report %d", h, hash, report)
	}
}

func TestAFrameGoesToThePairThatItsHashChooses(t *testing.T) {
	for _, m := range rssModes {
		for link := range rssPairs {
			t.Run(fmt.Sprintf("%s, link %d", m.name, link), func(t *testing.T) {
				r, rx := startRSS(t, m, 0, 1, 2, 3)
				for _, n := range []int{0, 1400, 9000} {
					for i, c := range msSums {
						want := tcpFrame(c.src, c.dst, n)
						for range 1 + i%2 {
							r.sendOn(link, want)
						}
						report := reportTCPv4
						if i > 4 {
							report = reportTCPv6Ex
						}
						for range 1 + i%2 {
							r.arrives(rx[c.withPort%4], want, report, c.withPort)
						}
					}
					r.sendOn(link, frame(60, byte(n)))
					r.arrives(rx[3], frame(60, byte(n)), reportNone, 0)
				}
				for i := range rx {
					rx[i].Empty()
				}
			})
		}
	}
}

func (r *rig) sendOn(link int, frame []byte) {
	r.t.Helper()
	if err := r.peer.Send(link, nil, frame); err != nil {
		r.t.Fatal(err)
	}
}

// CVE-2024-6505: entries beyond the pairs in use.
func TestAnEntryBeyondThePairsInUseIsWrapped(t *testing.T) {
	m := rssModes[2]
	r, rx := startRSS(t, m, 0xffff, 6)
	r.sendOn(0, tcpFrame(msSums[0].src, msSums[0].dst, 0)) // an even hash
	r.arrives(rx[0xffff%4], tcpFrame(msSums[0].src, msSums[0].dst, 0), reportTCPv4, msSums[0].withPort)
	r.sendOn(0, tcpFrame(msSums[7].src, msSums[7].dst, 0)) // an odd one
	r.arrives(rx[6%4], tcpFrame(msSums[7].src, msSums[7].dst, 0), reportTCPv6Ex, msSums[7].withPort)
	if got := r.command(rssCommand(supportedHashes, 0, 1, 1, 1)); got != 0 {
		t.Fatalf("answer %d", got)
	}
	r.sendOn(0, tcpFrame(msSums[0].src, msSums[0].dst, 0))
	r.arrives(rx[0], tcpFrame(msSums[0].src, msSums[0].dst, 0), reportTCPv4, msSums[0].withPort)
}

func TestAnyOtherCommandOfItsClassEndsSteering(t *testing.T) {
	for name, command := range map[string][]byte{
		"VQ_PAIRS_SET":              {4, 0, rssPairs, 0},
		"VQ_PAIRS_SET of too many":  {4, 0, rssPairs + 1, 0},
		"a command that is not one": {4, 9},
		"RSS_CONFIG cut short":      rssCommand(supportedHashes, 0, 1, 0)[:20],
	} {
		t.Run(name, func(t *testing.T) {
			r, rx := startRSS(t, rssModes[2], 3)
			r.command(command)
			want := tcpFrame(msSums[0].src, msSums[0].dst, 0)
			r.sendOn(1, want)
			r.arrives(rx[1], want, reportNone, 0)
		})
	}
}

func TestHashesAreReportedWhereNothingIsSteered(t *testing.T) {
	for _, m := range []mode{rssModes[2], {"no RSS", rssModes[2].features.Without(RSS), 20, false}} {
		r := startPairs(t, rssPairs, tapOffload, m.features, Config{}, virtiotest.Options{})
		rx := virtiotest.NewReceiver(r.Queue(2), virtiotest.LinuxBig, m.header)
		rx.Fill()
		if a, b := r.command([]byte{4, 0, 2, 0}), r.command(hashCommand(hashTCPv4|hashIPv6)); a != 0 || b != 0 {
			t.Fatalf("%s: answers %d and %d", m.name, a, b)
		}
		for i, c := range msSums {
			want := tcpFrame(c.src, c.dst, 100)
			r.sendOn(1, want)
			if i <= 4 {
				r.arrives(rx, want, reportTCPv4, c.withPort)
			} else {
				r.arrives(rx, want, reportIPv6, c.without)
			}
		}
	}
}

func TestSteeringIsRefusedAsQEMURefusesIt(t *testing.T) {
	long := make([]uint16, 256)
	short := func(n int) []byte { return rssCommand(supportedHashes, 0, 4, 0, 1)[:n] }
	noKey := func(hashes hashSet) []byte {
		b := rssCommand(hashes, 0, 2, 0)
		b = b[:len(b)-maxKeyLen]
		b[len(b)-1] = 0
		return b
	}
	whole := len(rssCommand(0, 0, 4, 0, 1))
	for _, c := range []struct {
		name     string
		command  []byte
		ack      byte
		steering bool
	}{
		{"all as it should be", rssCommand(supportedHashes, 3, 4, 0, 1, 2, 3), 0, true},
		{"a table of 128", rssCommand(supportedHashes, 3, 4, long[:128]...), 0, true},
		{"a table of 256", rssCommand(supportedHashes, 3, 4, long...), 1, false},
		{"a table of 3", rssCommand(supportedHashes, 3, 4, 0, 1, 2), 1, false},
		{"an unclassified queue that is not there", rssCommand(supportedHashes, 4, 4, 0), 1, false},
		{"no pairs", rssCommand(supportedHashes, 0, 0, 0), 1, false},
		{"more pairs than there are", rssCommand(supportedHashes, 0, 5, 0), 1, false},
		{"types that there are not", rssCommand(1<<31, 0, 4, 0), 0, true},
		{"neither types nor key", noKey(0), 0, false},
		{"types without a key", noKey(hashIPv4), 1, false},
		{"a key of 41 bytes", append(append(rssCommand(supportedHashes, 0, 4, 0)[:14], 41), make([]byte, 41)...), 1, false},
		{"nothing", short(2), 1, false},
		{"no table", short(10), 1, false},
		{"half a table", short(12), 1, false},
		{"no pairs in it", short(14), 1, false},
		{"no key length", short(16), 1, false},
		{"half a key", short(whole - 1), 1, false},
		{"bytes behind the key", append(short(whole), 1, 2, 3), 0, true},
		{"hashes only", hashCommand(supportedHashes), 0, true},
		{"hashes only, cut", hashCommand(supportedHashes)[:20], 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := startPairs(t, rssPairs, tapOffload, rssModes[2].features, Config{}, virtiotest.Options{})
			for _, cut := range [][]int{nil, {2}, {2, 3, 9}} {
				if got := r.command(c.command, cut...); got != c.ack {
					t.Errorf("cut at %v: answer %d, want %d", cut, got, c.ack)
				}
				if s := r.device.life.steering.Load(); (s != nil) != c.steering {
					t.Errorf("steering %+v", s)
				}
			}
		})
	}
}

func TestSteeringNeedsItsFeature(t *testing.T) {
	for _, c := range []struct {
		name     string
		features virtio.Features
		rss      byte
		hash     byte
		pairs    byte
	}{
		{"none", modern.features, 1, 1, 1},
		{"MQ", modern.features.With(MQ), 1, 1, 0},
		{"RSS", modern.features.With(RSS), 0, 1, 1},
		{"HASH_REPORT", modern.features.With(HashReport), 1, 0, 1},
	} {
		r := startPairs(t, rssPairs, tapOffload, c.features, Config{}, virtiotest.Options{})
		rss, hash := r.command(rssCommand(supportedHashes, 0, 1, 0)), r.command(hashCommand(supportedHashes))
		if pairs := r.command([]byte{4, 0, 1, 0}); rss != c.rss || hash != c.hash || pairs != c.pairs {
			t.Errorf("%s: answers %d, %d and %d", c.name, rss, hash, pairs)
		}
	}
}

func TestWithRSSAFrameWaitsForItsOwnPairsBuffers(t *testing.T) {
	for _, m := range rssModes {
		t.Run(m.name, func(t *testing.T) {
			r, rx := startRSS(t, m, 2)
			r.Disable(4)
			r.Enable(4)
			rx[2] = virtiotest.NewReceiver(r.Queue(4), virtiotest.LinuxBig, m.header)
			rx[2].Keep = true
			want := tcpFrame(msSums[0].src, msSums[0].dst, 3000)
			r.sendOn(0, want)
			r.wait("it waits", func() bool { return r.device.Stats().Receive[2].Waited == 1 })
			other := frame(60, 1)
			r.sendOn(1, other) // which goes to pair 3 meanwhile
			r.arrives(rx[3], other, reportNone, 0)
			rx[2].Post(1)
			r.arrives(rx[2], want, reportTCPv4, msSums[0].withPort)
		})
	}
}

func TestWithRSSAQueueThatIsResetDropsItsFrames(t *testing.T) {
	r, rx := startRSS(t, rssModes[0], 2)
	r.Disable(4)
	for i := range 5 {
		r.sendOn(i%2, tcpFrame(msSums[0].src, msSums[0].dst, 100))
	}
	r.wait("frames are dropped", func() bool { return r.device.Stats().Receive[2].Drops[DropUnserved] == 5 })
	r.sendOn(0, frame(60, 1))
	r.arrives(rx[3], frame(60, 1), reportNone, 0)
	r.Enable(4)
	rx[2] = virtiotest.NewReceiver(r.Queue(4), virtiotest.LinuxBig, 12)
	rx[2].Fill()
	r.wait("the router has the queue", func() bool {
		p := r.device.life.receivers[2]
		p.turn.take()
		defer p.turn.Unlock()
		return p.own.q != nil
	})
	r.sendOn(0, tcpFrame(msSums[0].src, msSums[0].dst, 100))
	r.arrives(rx[2], tcpFrame(msSums[0].src, msSums[0].dst, 100), reportTCPv4, 0)
}

func TestWithRSSAQueueThatIsAwayForAMomentLosesNothing(t *testing.T) {
	r := startPairs(t, rssPairs, tapOffload, rssModes[0].features, Config{absence: patience}, virtiotest.Options{})
	if got := r.command(rssCommand(supportedHashes, 3, rssPairs, 2)); got != 0 {
		t.Fatalf("answer %d", got)
	}
	for i := range rssPairs { // as when a machine is stopped
		r.Disable(2 * i)
	}
	want := tcpFrame(msSums[0].src, msSums[0].dst, 9000)
	for i := range rssPairs {
		r.sendOn(i, want)
	}
	for i := range rssPairs {
		r.Enable(2 * (rssPairs - 1 - i))
	}
	rx := virtiotest.NewReceiver(r.Queue(4), virtiotest.LinuxBig, 12)
	rx.Fill()
	for range rssPairs {
		r.arrives(rx, want, reportTCPv4, 0)
	}
}

func TestWithRSSALinkThatEndsTakesTheOthersNotAlong(t *testing.T) {
	r, rx := startRSS(t, rssModes[0], 0, 1, 2, 3)
	if err := r.peer.End(1); err != nil {
		t.Fatal(err)
	}
	r.wait("the link goes down", func() bool { return r.ConfigChanges() == 1 })
	r.sendOn(0, frame(60, 1))
	r.wait("it drops frames", func() bool { return r.device.Stats().Receive[0].Drops[DropLinkDown] == 1 })
	r.device.SetLink(true) // the user's word stands above the end of one link of four
	for _, queue := range []int{0, 2, 3} {
		r.sendOn(queue, frame(60, 2)) // no hash: all go to the unclassified pair
		r.arrives(rx[3], frame(60, 2), reportNone, 0)
	}
}

func TestWithRSSAViolationEndsTheDevice(t *testing.T) {
	r := startPairs(t, rssPairs, tapOffload, rssModes[0].features, Config{}, virtiotest.Options{})
	r.command(rssCommand(supportedHashes, 3, rssPairs, 1))
	r.Queue(2).Add(virtiotest.Readable(r.RAM.Alloc(100, 1), 100))
	r.Queue(2).Kick()
	r.Queue(0).Add(virtiotest.Writable(r.RAM.Alloc(2000, 1), 2000))
	r.Queue(0).Kick()
	r.sendOn(0, tcpFrame(msSums[0].src, msSums[0].dst, 100))
	if v := r.Violation(patience); v.Rule != virtio.RuleReceiveWritable || v.Queue != 2 {
		t.Errorf("%v", v)
	}
}

func TestARouterStopsFromEveryWait(t *testing.T) {
	for round := range 20 {
		r, _ := startRSS(t, rssModes[round%len(rssModes)], 0, 1, 2, 3)
		for i := range round {
			if err := r.peer.Send(i%rssPairs, nil, tcpFrame(msSums[i%8].src, msSums[i%8].dst, 3000)); err != nil && err != net.ErrWouldBlock {
				t.Fatal(err)
			}
		}
		if round%3 == 0 {
			r.Disable(2 * (round % rssPairs))
		}
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFlowsThatComeInARowCostNoCopy(t *testing.T) {
	r, rx := startRSS(t, rssModes[2], 0, 1, 2, 3)
	want := tcpFrame(msSums[5].src, msSums[5].dst, 1400)
	for range 20 {
		r.sendOn(0, want)
	}
	to := msSums[5].withPort % 4
	for range 20 {
		r.arrives(rx[to], want, reportTCPv6Ex, msSums[5].withPort)
	}
	r.wait("all are counted", func() bool { return r.device.Stats().Receive[to].Frames == 20 })
	if s := r.device.Stats().Receive[to]; s.Diverted != 1 {
		t.Errorf("%d frames of one flow were diverted", s.Diverted)
	}
}

func TestSixtyFourPairs(t *testing.T) {
	const pairs = 64
	for _, f := range []virtio.Features{modern.features.With(MQ), packed.features.With(MQ, RSS)} {
		r := startPairs(t, pairs, tapOffload, f, Config{MQ: true}, virtiotest.Options{})
		if r.Queues() != 2*pairs+1 {
			t.Fatalf("%d queues", r.Queues())
		}
		if a, b := r.command([]byte{4, 0, pairs + 1, 0}), r.command([]byte{4, 0, pairs, 0}); a != 1 || b != 0 {
			t.Fatalf("answers %d and %d", a, b)
		}
		for i := range pairs {
			rx := virtiotest.NewReceiver(r.Queue(2*i), virtiotest.LinuxSmall, 12)
			rx.Post(2)
			r.sendOn(i, frame(60, byte(i)))
			r.arrives(rx, frame(60, byte(i)), reportNone, 0)
		}
	}
}

// A busyLink gives one frame of a flow, and then those of another without end.
type busyLink struct {
	repeating
	calls int
}

func (b *busyLink) Links() []net.Link { return []net.Link{b, silentLink{new(endless)}} }

// A silentLink never has a frame.
type silentLink struct{ *endless }

func (silentLink) Receive([]unix.Iovec) (int, error) { return 0, net.ErrWouldBlock }

func (b *busyLink) Receive(vecs []unix.Iovec) (int, error) {
	b.next = min(b.calls, 1)
	b.calls++
	return b.repeating.Receive(vecs)
}

func TestAPairIsToldOfItsFrameThoughOthersFollowForAnotherWithoutEnd(t *testing.T) {
	nd := &busyLink{repeating: repeating{header: 12, frames: [][]byte{tcpFrame(msSums[0].src, msSums[0].dst, 0), frame(60, 1)}}}
	r := &rig{t: t, device: device(t, Config{Netdev: nd, Features: rssModes[0].features})}
	f := rssModes[0].features.Without(MrgRxbuf) // what finds no room is dropped
	r.Harness = virtiotest.Start(t, r.device, f, virtiotest.Options{Disabled: []int{0}})
	virtiotest.NewReceiver(r.Queue(2), virtiotest.LinuxSmall, 12).Fill()
	r.command(rssCommand(supportedHashes, 0, 2, 1))
	small := virtiotest.NewReceiver(r.Enable(0), virtiotest.Strategy{Name: "too small", Chain: func(int) []int { return []int{20} }}, 12)
	small.Fill()
	r.wait("an interrupt", func() bool { return r.Queue(2).Interrupts() == 1 })
}
