package virtionet

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

// FuzzCommand feeds commands to the control queue's handlers, as one descriptor or cut in two: no input panics, and the
// filter keeps its bounds.
func FuzzCommand(f *testing.F) {
	f.Add([]byte{0, 0, 0}, uint8(1))
	f.Add(join([]byte{1, 0}, list(many(2)...), list(many(1)...)), uint8(2))
	f.Add([]byte{1, 0, 0xab, 0xaa, 0xaa, 0x2a, 1, 2, 3, 4, 5, 6}, uint8(0))
	f.Add([]byte{2, 0, 0xff, 0x0f}, uint8(3))
	f.Add([]byte{4, 0, 2, 0}, uint8(3))
	f.Add([]byte{5, 0, 0x82, 0, 0, 0, 0, 0, 0, 0x20}, uint8(3))
	f.Add(rssCommand(supportedHashes, 1, 2, 0, 1, 7, 0xffff), uint8(9))
	f.Add(hashCommand(supportedHashes), uint8(2))
	nd, _ := pipe(f, tapOffload, 2)
	d := device(f, Config{Netdev: nd, MQ: true})
	accepted := modern.features.Or(control).Or(guestOffloads).With(MQ, RSS, HashReport, RscExt)
	l, err := d.begin(virtio.NewSession(accepted, false, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.end(l) })
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		if len(data) < commandHeaderLen {
			return
		}
		k := controller{life: l}
		n := min(int(cut), len(data))
		vecs := []unix.Iovec{iovec.Of(data[:n]), iovec.Of(data[n:])}
		k.obey(&reader{vecs: vecs, left: uint64(len(data))})
		fl := l.filter.Load()
		if fl.firstMulti > fl.inUse || fl.inUse > macTableEntries {
			t.Fatalf("the table has %d entries, multicast from %d", fl.inUse, fl.firstMulti)
		}
		if n := l.active.Load(); n < 1 || n > 2 {
			t.Fatalf("%d pairs in use", n)
		}
		d.RxFilter()
		if s := l.steering.Load(); s != nil {
			h, report := s.hash(data)
			if pair := s.pair(h, report, int(l.active.Load())); pair >= int(l.active.Load()) {
				t.Fatalf("a frame goes to pair %d of %d", pair, l.active.Load())
			}
		}
	})
}

// FuzzRings runs the device on rings whose descriptors, heads and index the input makes up, with frames on their way: it goes
// on or ends with a violation, and stops when it is told to.
func FuzzRings(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 0, 1, 0, 2, 0, 0}, uint8(0), uint16(60))
	f.Add([]byte{3, 9, 3, 1, 2, 1, 9, 2, 0, 200}, uint8(3), uint16(9000))
	f.Fuzz(func(t *testing.T, script []byte, shape uint8, size uint16) {
		all := append(slices.Clone(modes), rssModes...)
		m := all[int(shape&0x7f)%len(all)]
		can := noOffload
		if shape&0x80 != 0 {
			can = tapOffload
		}
		sizes := map[int]uint16{0: 8, 1: 8, 2: 8, 3: 8, 4: 8}
		r := startPairs(t, 2, can, m.features.Without(MQ), Config{}, virtiotest.Options{RAM: 1 << 20, Sizes: sizes})
		if m.features.Has(RSS) { // the frames have no hash
			r.device.life.steering.Store(&steering{redirects: true, fallback: 1})
			r.device.life.active.Store(2)
		}
		for i := range 3 {
			scribble(r.Queue(i), m.features.Has(virtio.RingPacked), script)
		}
		for i := range byte(4) {
			r.send(nil, frame(max(1, int(size)), i))
		}
		time.Sleep(time.Millisecond)
		var v *virtio.Violation
		if err := r.Stop(); err != nil && !errors.As(err, &v) {
			t.Fatal(err)
		}
	})
}

// scribble takes five bytes for a descriptor: address and length in units that reach beyond RAM, flags and next, or id.
func scribble(ring *virtiotest.Ring, packed bool, script []byte) {
	n := 0
	for ; len(script) >= 5 && n < ring.Size; n++ {
		addr := uint64(script[0]) << 13
		length := uint32(binary.LittleEndian.Uint16(script[1:])) % 3000
		if packed {
			flags := uint16(script[3]%8) | uint16(script[3])&virtiotest.AvailFlag | uint16(script[3]&0x40)<<9
			ring.SetPacked(n, addr, length, uint16(script[4]), flags)
		} else {
			ring.SetDescriptor(n, addr, length, uint16(script[3]%8), uint16(script[4]%10))
			ring.SetAvailEntry(n, uint16(script[4]>>4)%10)
		}
		script = script[5:]
	}
	if !packed {
		ring.SetAvailIdx(uint16(n))
	}
	ring.OnKick()
}

// FuzzFrames hashes and coalesces frames that the input makes up, each behind its length: no input panics, and what comes out of the
// coalescer is no longer than its memory nor than its IP header says.
func FuzzFrames(f *testing.F) {
	add := func(frames ...[]byte) {
		var b []byte
		for _, fr := range frames {
			b = append(binary.LittleEndian.AppendUint16(b, uint16(len(fr))), fr...)
		}
		f.Add(b, byte(flagDataValid))
	}
	add(data(1, 100).frame(src4, dst4), data(101, 100).frame(src4, dst4), fin.frame(src4, dst4))
	add(data(1, 0).frame(src6, dst6), data(1, 100).frame(src6, dst6))
	add(carried(src6, dst6, extDestination, homeOf(src6.Addr(), protocolTCP)), frame(14, 1), nil)
	s := steering{hashes: supportedHashes, key: newToeplitz(testKeyBytes)}
	f.Fuzz(func(t *testing.T, script []byte, flags byte) {
		c := newCoalescer(mergedHeaderLen, time.Hour)
		for len(script) >= 2 {
			n := min(int(binary.LittleEndian.Uint16(script)), len(script)-2)
			fr := script[2 : 2+n]
			script = script[2+n:]
			s.hash(fr)
			for drained(t, c); ; drained(t, c) {
				if seg := c.blank(); seg != nil {
					seg.n = mergedHeaderLen + copy(seg.buf[mergedHeaderLen:], fr)
					clear(seg.buf[:mergedHeaderLen])
					seg.buf[headerFlags] = flags
					c.add(seg, rscIPv4|rscIPv6)
					break
				}
			}
		}
		c.releaseAll()
		drained(t, c)
		if !c.empty() || len(c.idle) != maxHeld+1 {
			t.Fatalf("%d held, %d on their way, %d idle", len(c.held), len(c.out), len(c.idle))
		}
	})
}

func drained(t *testing.T, c *coalescer) {
	for s := c.next(); s != nil; s = c.next() {
		if s.n > len(s.buf) || s.changed && s.length() != s.n-s.ip && s.length() != s.n-s.ip-ipv6Len {
			t.Fatalf("a segment of %d bytes whose IP header says %d", s.n, s.length())
		}
	}
}
