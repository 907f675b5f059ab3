package virtionet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// sizes are the frames of the matrix: the shortest, Ethernet's limits, where a buffer of a strategy ends with either header,
// jumbo frames and segmentation offload's limits.
func sizes(header int, chain int) []int {
	all := []int{1, 13, 14, 59, 60, 1513, 1514, 1518, 4096 - header - 1, 4096 - header, 4096 - header + 1, 8192 - header,
		9014, 65535 - header, 65550, 65589 - header, maxFrame}
	for _, k := range []int{1, 2, 3} {
		for d := -1; d <= 1; d++ {
			if n := k*chain - header + d; n > 0 && n < maxFrame {
				all = append(all, n)
			}
		}
	}
	return all
}

func sum(lens []int) (n int) {
	for _, l := range lens {
		n += l
	}
	return n
}

func TestAFrameArrivesWholeInBuffersOfAnyShape(t *testing.T) {
	for _, m := range modes {
		for _, s := range virtiotest.Strategies {
			for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
				t.Run(fmt.Sprintf("%s, %s, %s", m.name, s.Name, link), func(t *testing.T) { receiveSizes(t, m, s, can) })
			}
		}
	}
}

func receiveSizes(t *testing.T, m mode, s virtiotest.Strategy, can net.Offload) {
	r := start(t, can, m.features, Config{}, virtiotest.Options{RAM: 64 << 20})
	rx := r.receiver(s, m.header)
	chain := sum(s.Chain(m.header))
	room := rx.Fill() * chain
	if !m.merges() {
		room = chain
	}
	var lost, frames uint64
	for i, n := range sizes(m.header, chain) {
		if s.SharedHeader && m.merges() && m.header+n > chain {
			continue // in memory that buffers share, a merged frame overwrites itself
		}
		want := frame(n, byte(i))
		r.send(nil, want)
		if m.header+n > room {
			lost++
			if m.merges() {
				r.dropped(DropRingTooSmall, lost)
			} else {
				r.dropped(DropTooBig, lost)
			}
			continue
		}
		frames++
		got := rx.Receive(patience)
		if !bytes.Equal(got.Payload, want) {
			t.Fatalf("a frame of %d bytes arrives as %d others", n, len(got.Payload))
		}
		checkHeader(t, got, m, n, chain)
	}
	rx.Empty()
	if st := r.received(frames); st.Frames != frames || st.Drops.Total() != lost {
		t.Errorf("counted %d frames and %v, want %d and %d dropped", st.Frames, st.Drops, frames, lost)
	}
}

// checkHeader: a header without requests is zeros, and num_buffers says how many buffers of one length it takes.
func checkHeader(t *testing.T, got virtiotest.Frame, m mode, n, chain int) {
	t.Helper()
	num := (m.header + n + chain - 1) / chain
	want := make([]byte, m.header)
	if m.header >= mergedHeaderLen {
		binary.LittleEndian.PutUint16(want[headerNumBuffers:], uint16(num))
	}
	if !bytes.Equal(got.Header, want) || len(got.Lens) != num {
		t.Fatalf("a frame of %d bytes in %d buffers of %d bytes has header %x, want %x", n, len(got.Lens), chain, got.Header, want)
	}
}

func TestARequestInTheHeaderReachesTheDriver(t *testing.T) {
	for _, s := range []virtiotest.Strategy{virtiotest.LinuxMergeable, virtiotest.NetKVMMergeable, virtiotest.LinuxBig, virtiotest.HeaderAstride} {
		m := merged
		r := start(t, tapOffload, m.features.Or(guestOffloads), Config{}, virtiotest.Options{Sizes: map[int]uint16{0: 1024}})
		rx := r.receiver(s, m.header)
		rx.Fill()
		hdr := []byte{flagNeedsCsum, gsoTCPv4, 66, 0, 0xa8, 5, 34, 0, 16, 0}
		for _, n := range []int{1514, 9000, 16000} {
			want := frame(n, 9)
			r.send(hdr, want)
			got := rx.Receive(patience)
			if !bytes.Equal(got.Payload, want) || !bytes.Equal(got.Header[:10], hdr) {
				t.Errorf("%s: %d bytes with header %x arrive as %d with %x", s.Name, n, hdr, len(got.Payload), got.Header)
			}
		}
	}
}

func TestA64KFrameTakesAsManyBuffersAsDriversExpect(t *testing.T) {
	for _, c := range []struct {
		strategy virtiotest.Strategy
		buffers  int
	}{{virtiotest.LinuxMergeable, 43}, {virtiotest.NetKVMMergeable, 17}, {virtiotest.LinuxBig, 1}, {virtiotest.LinuxBigIndirect, 1}} {
		r := start(t, tapOffload, merged.features.Or(guestOffloads), Config{}, virtiotest.Options{})
		rx := r.receiver(c.strategy, merged.header)
		rx.Fill()
		r.send(nil, frame(65550, 1))
		if got := rx.Receive(patience); got.NumBuffers != c.buffers {
			t.Errorf("%s: %d buffers, want %d", c.strategy.Name, got.NumBuffers, c.buffers)
		}
		if st := r.received(1); st.Spilled != 0 || st.ByBuffers[c.buffers] != 1 || st.Buffers != uint64(c.buffers) {
			t.Errorf("%s: counted %+v", c.strategy.Name, st)
		}
	}
}

// One vector of readv's is the device's own.
func TestAFrameFillsTheLastPieceOfABufferOf1024(t *testing.T) {
	pieces := virtiotest.Strategy{Name: "1024 pieces", Indirect: true, Chain: func(int) []int { return slices.Repeat([]int{64}, 1024) }}
	for _, m := range modes {
		for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
			t.Run(m.name+", "+link, func(t *testing.T) {
				r := start(t, can, m.features, Config{}, virtiotest.Options{})
				rx := r.receiver(pieces, m.header)
				rx.Post(1)
				want := frame(64*1024-m.header, 1)
				r.send(nil, want)
				if got := rx.Receive(patience); !bytes.Equal(got.Payload, want) {
					t.Error("another frame")
				}
			})
		}
	}
}

func TestASmallRingReceivesWhatFits(t *testing.T) {
	for _, m := range modes {
		for _, size := range []uint16{1, 2, 4, 16} {
			t.Run(fmt.Sprintf("%s, %d entries", m.name, size), func(t *testing.T) {
				f := m.features.Or(guestOffloads)
				r := start(t, tapOffload, f, Config{}, virtiotest.Options{Sizes: map[int]uint16{0: size}})
				s := virtiotest.Strategy{Name: "small", Chain: func(h int) []int { return []int{h + 60} }}
				rx := r.receiver(s, m.header)
				rx.Fill()
				for i := range 40 {
					r.send(nil, frame(60, byte(i)))
				}
				for i := range 40 {
					if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(60, byte(i))) {
						t.Fatalf("frame %d is another", i)
					}
				}
			})
		}
	}
}

func TestASingleBufferIsEnoughForASmallFrame(t *testing.T) {
	for _, m := range modes {
		r := start(t, tapOffload, m.features.Or(guestOffloads), Config{}, virtiotest.Options{})
		rx := r.receiver(virtiotest.UBoot, m.header)
		rx.Keep = true
		rx.Post(1)
		r.send(nil, frame(60, 1))
		if got := rx.Receive(patience); len(got.Payload) != 60 {
			t.Errorf("%s: %d bytes", m.name, len(got.Payload))
		}
	}
}

func TestAFrameThatIsTooLongForWhatIsPostedWaitsForMore(t *testing.T) {
	for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
		t.Run(link, func(t *testing.T) {
			r := start(t, can, merged.features, Config{}, virtiotest.Options{})
			rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
			rx.Keep = true
			rx.Post(2)
			r.send(nil, frame(9000, 1))
			r.send(nil, frame(60, 2))
			r.wait("the frame waits", func() bool { return r.rx().Waited == 1 })
			for range 3 { // one by one: 4,500, 6,000, 7,500 of 9,012 bytes
				rx.Post(1)
				time.Sleep(2 * time.Millisecond)
				rx.Empty()
			}
			rx.Post(2)
			if got := rx.Receive(patience); got.NumBuffers != 6 || !bytes.Equal(got.Payload, frame(9000, 1)) {
				t.Errorf("the frame arrives in %d buffers with %d bytes", got.NumBuffers, len(got.Payload))
			}
			if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(60, 2)) {
				t.Error("the frame behind it is lost")
			}
			if st := r.rx(); st.Spilled != 1 || st.Waited != 1 || st.Drops.Total() != 0 {
				t.Errorf("counted %+v", st)
			}
		})
	}
}

// CVE-2015-7295: each such frame used to cost QEMU a buffer.
func TestFramesThatAreTooLongWithoutMergingCostNoBuffer(t *testing.T) {
	for _, m := range []mode{legacy, modern} {
		r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{Sizes: map[int]uint16{0: 4}})
		rx := r.receiver(virtiotest.LinuxSmall, m.header)
		rx.Fill()
		for i := range 300 {
			for r.peer.Send(0, nil, frame(9000, 1)) == net.ErrWouldBlock {
				time.Sleep(time.Millisecond)
			}
			if i%50 == 49 {
				r.dropped(DropTooBig, uint64(i+1))
			}
		}
		r.send(nil, frame(60, 2))
		if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(60, 2)) {
			t.Errorf("%s: another frame arrives", m.name)
		}
	}
}

func TestFramesWaitInTheLinkWhileNothingIsPosted(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{})
			rx := r.receiver(virtiotest.LinuxSmall, m.header)
			rx.Keep = true
			r.wait("the device has looked for a buffer", func() bool { return r.rx().Starved > 0 })
			for i := range byte(8) {
				r.send(nil, frame(100, i))
			}
			for i := range byte(8) {
				rx.Post(1)
				if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(100, i)) {
					t.Fatalf("frame %d is another", i)
				}
				rx.Empty()
			}
			if st := r.received(8); st.Frames != 8 || st.Drops.Total() != 0 {
				t.Errorf("counted %+v", st)
			}
		})
	}
}

func TestAFrameFindsBuffersThatTheDriverPostedWithoutAKick(t *testing.T) {
	r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxSmall, modern.header)
	rx.Keep = true
	kick := rx.Ring.OnKick
	for i := range byte(3) {
		r.wait("the device has found no buffer", func() bool { return r.rx().Starved > uint64(i) })
		rx.Ring.OnKick = func() {}
		rx.Post(1)
		r.send(nil, frame(100, i))
		if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(100, i)) {
			t.Fatalf("frame %d is another", i)
		}
		rx.Empty()
		rx.Ring.OnKick = kick
	}
}

func TestABufferShorterThanTheHeaderDoesNotEndTheDevice(t *testing.T) {
	tiny := virtiotest.Strategy{Name: "tiny", Chain: func(int) []int { return []int{8} }}
	for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
		t.Run("without merging the frame is dropped, "+link, func(t *testing.T) {
			r := start(t, can, modern.features, Config{}, virtiotest.Options{})
			rx := r.receiver(tiny, modern.header)
			rx.Fill()
			r.send(nil, frame(60, 1))
			r.dropped(DropTooBig, 1)
		})
		t.Run("with merging it spreads, "+link, func(t *testing.T) {
			r := start(t, can, merged.features, Config{}, virtiotest.Options{})
			rx := r.receiver(tiny, merged.header)
			rx.Keep = true
			rx.Post(1)
			r.send(nil, frame(60, 1))
			r.wait("the frame waits", func() bool { return r.rx().Waited == 1 })
			rx.Post(8)
			if got := rx.Receive(patience); got.NumBuffers != 9 || !bytes.Equal(got.Payload, frame(60, 1)) {
				t.Errorf("%d buffers, %d bytes", got.NumBuffers, len(got.Payload))
			}
		})
	}
}

func TestAFrameWithoutBytesIsDropped(t *testing.T) {
	r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxSmall, modern.header)
	rx.Fill()
	r.send(nil, nil)
	r.dropped(DropRunt, 1)
}

func TestAFrameOverTheNegotiatedMTUIsDropped(t *testing.T) {
	f := merged.features.Or(guestOffloads).With(MTU)
	r := start(t, tapOffload, f, Config{MTU: 1500}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
	rx.Fill()
	r.send(nil, frame(1519, 1))
	r.dropped(DropOversize, 1)
	r.send(nil, frame(1518, 2))
	r.send([]byte{flagNeedsCsum, 1}, frame(9000, 3))
	if a, b := rx.Receive(patience), rx.Receive(patience); len(a.Payload) != 1518 || len(b.Payload) != 9000 {
		t.Errorf("frames of %d and %d bytes", len(a.Payload), len(b.Payload))
	}
}

func TestADHCPReplyGetsItsWholeChecksum(t *testing.T) {
	for _, s := range []virtiotest.Strategy{virtiotest.LinuxMergeable, virtiotest.HeaderAstride, virtiotest.SingleBytes} {
		r := start(t, tapOffload, merged.features.Or(guestOffloads), Config{}, virtiotest.Options{})
		rx := r.receiver(s, merged.header)
		rx.Fill()
		r.send([]byte{flagNeedsCsum, 0, 0, 0, 0, 0, 34, 0, 6, 0}, dhcpFrame(300))
		got := rx.Receive(patience)
		if !valid(got.Payload) || got.Header[headerFlags] != 0 || got.Header[6] != 34 {
			t.Errorf("%s: header %x, checksum valid: %v", s.Name, got.Header, valid(got.Payload))
		}
	}
}

func TestADriverWithoutGuestCsumSeesNoFlags(t *testing.T) {
	const dataValid = 2
	for _, m := range modes {
		r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{})
		rx := r.receiver(virtiotest.LinuxSmall, m.header)
		rx.Fill()
		r.send([]byte{dataValid}, frame(60, 1))
		if got := rx.Receive(patience); got.Header[headerFlags] != 0 {
			t.Errorf("%s: flags %#x", m.name, got.Header[headerFlags])
		}
	}
}

func TestAnInterruptComesForTheLastFrameOfABurst(t *testing.T) {
	for _, m := range modes {
		r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{})
		rx := r.receiver(virtiotest.LinuxSmall, m.header)
		rx.Fill()
		for i := range byte(100) {
			r.send(nil, frame(60, i))
		}
		for range 100 {
			rx.Receive(patience)
		}
		before := r.Queue(0).Interrupts()
		r.send(nil, frame(60, 100))
		r.wait(m.name+": an interrupt", func() bool { return r.Queue(0).Interrupts() > before })
		rx.Receive(patience)
	}
}

// A tap's queue can hold what it took for the driver before this one.
func TestSegmentsThatTheDriverDidNotAcceptAreDropped(t *testing.T) {
	for _, c := range []struct {
		name    string
		feature virtio.Feature
		gso     byte
		passes  bool
	}{
		{"none without any feature", MAC, gsoNone, true},
		{"TCP over IPv4 with TSO4", GuestTSO4, gsoTCPv4, true},
		{"with ECN, too", GuestTSO4, gsoTCPv4 | gsoECN, true},
		{"TCP over IPv4 with TSO6", GuestTSO6, gsoTCPv4, false},
		{"TCP over IPv6 with TSO6", GuestTSO6, gsoTCPv6, true},
		{"TCP over IPv6 with TSO4", GuestTSO4, gsoTCPv6, false},
		{"UDP fragments with UFO", GuestUFO, gsoUDP, true},
		{"UDP fragments with USO4", GuestUSO4, gsoUDP, false},
		{"UDP segments with USO4", GuestUSO4, gsoUDPL4, true},
		{"UDP segments with USO6", GuestUSO6, gsoUDPL4, true},
		{"UDP segments with UFO", GuestUFO, gsoUDPL4, false},
		{"a type that there is not", GuestTSO4, 0x61, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, allOffload, merged.features.With(GuestCsum, c.feature), Config{}, virtiotest.Options{})
			rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
			rx.Fill()
			if err := r.netdev.SetOffload(allOffload); err != nil { // as it was for the driver before
				t.Fatal(err)
			}
			r.send([]byte{0, c.gso, 0, 0, 0, 0, 0, 0, 0, 0}, frame(60, 1))
			if !c.passes {
				r.dropped(DropSegments, 1)
				return
			}
			if got := rx.Receive(patience); got.Header[headerGSOType] != c.gso {
				t.Errorf("GSO type %#x", got.Header[headerGSOType])
			}
		})
	}
}
