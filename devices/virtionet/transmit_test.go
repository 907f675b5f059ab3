package virtionet

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// transmit posts header and frame, cut at the given lengths, on pair 0.
func (r *rig) transmit(header, frame []byte, cut ...int) {
	r.t.Helper()
	whole := append(bytes.Clone(header), frame...)
	at := r.RAM.Put(whole)
	var bufs []virtiotest.Buffer
	for _, n := range append(cut, len(whole)) {
		if n = min(n, len(whole)); n > 0 {
			bufs = append(bufs, virtiotest.Readable(at, n))
			at, whole = at+uint64(n), whole[n:]
		}
	}
	r.Queue(1).Add(bufs...)
	r.Queue(1).Kick()
}

// sent is the next frame that the peer gets, once its buffer has come back.
func (r *rig) sent() (header, frame []byte) {
	r.t.Helper()
	if u := r.Queue(1).Wait(patience); u.Len != 0 {
		r.t.Errorf("used length %d, want 0", u.Len)
	}
	header, frame, err := r.peer.Receive(0, patience)
	if err != nil {
		r.t.Fatal(err)
	}
	return header, frame
}

func TestAFrameIsSentHoweverItsBufferIsCut(t *testing.T) {
	cuts := map[string]func(h int) []int{
		"in one descriptor":         func(int) []int { return nil },
		"header of its own":         func(h int) []int { return []int{h} },
		"header in two":             func(h int) []int { return []int{6, h - 6} },
		"header and data in one":    func(h int) []int { return []int{h + 14} },
		"header astride":            func(h int) []int { return []int{h - 1, 5} },
		"header byte by byte":       func(h int) []int { return []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1} },
		"header and data in pieces": func(h int) []int { return []int{4, h, 14, 1, 40, 100} },
	}
	for _, m := range modes {
		for link, can := range map[string]net.Offload{"vnet_hdr": tapOffload, "plain": noOffload} {
			t.Run(m.name+", "+link, func(t *testing.T) {
				r := start(t, can, m.features, Config{}, virtiotest.Options{})
				for name, cut := range cuts {
					for _, n := range []int{1, 5, 14, 60, 1514, 9014, 65550, maxFrame} {
						want := frame(n, byte(len(name)))
						r.transmit(make([]byte, m.header), want, cut(m.header)...)
						hdr, got := r.sent()
						if !bytes.Equal(got, want) || can != 0 && len(hdr) != m.header {
							t.Fatalf("%s: %d bytes are sent as %d with header %x", name, n, len(got), hdr)
						}
					}
				}
			})
		}
	}
}

func TestTheHeaderGoesToTheLinkAsItIs(t *testing.T) {
	r := start(t, tapOffload, modern.features.Or(hostOffloads), Config{}, virtiotest.Options{})
	hdr := []byte{flagNeedsCsum, 1, 66, 0, 0xa8, 5, 34, 0, 16, 0, 0, 0}
	r.transmit(hdr, frame(9000, 1), 5, 3000)
	if got, data := r.sent(); !bytes.Equal(got, hdr) || len(data) != 9000 {
		t.Errorf("header %x with %d bytes", got, len(data))
	}
}

func TestWritableDescriptorsBehindAFrameAreIgnored(t *testing.T) {
	r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
	at := r.RAM.Put(append(make([]byte, 12), frame(60, 1)...))
	r.Queue(1).Add(virtiotest.Readable(at, 72), virtiotest.Writable(r.RAM.Alloc(16, 1), 16))
	r.Queue(1).Kick()
	if _, got := r.sent(); !bytes.Equal(got, frame(60, 1)) {
		t.Errorf("%d bytes", len(got))
	}
}

func TestAFrameThatCannotBeSentIsDroppedAndGivenBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		can    net.Offload
		header []byte
		frame  int
		reason Drop
	}{
		{"longer than any frame", tapOffload, make([]byte, 12), maxFrame + 1, DropOversize},
		{"longer than any frame, plain", noOffload, make([]byte, 12), maxFrame + 1, DropOversize},
		{"empty", tapOffload, make([]byte, 12), 0, DropRunt},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, c.can, modern.features, Config{}, virtiotest.Options{})
			r.transmit(c.header, frame(c.frame, 1))
			if u := r.Queue(1).Wait(patience); u.Len != 0 {
				t.Errorf("used length %d", u.Len)
			}
			if s := r.tx(); s.Drops[c.reason] != 1 || s.Frames != 0 {
				t.Errorf("counted %+v", s)
			}
			r.transmit(make([]byte, 12), frame(60, 2))
			if _, got := r.sent(); !bytes.Equal(got, frame(60, 2)) {
				t.Error("the next frame is another")
			}
		})
	}
}

func TestAHeaderThatTheLinkDoesNotHaveIsNotLookedAt(t *testing.T) {
	r := start(t, noOffload, modern.features, Config{}, virtiotest.Options{})
	for seed, header := range map[byte][]byte{
		1: {1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0}, // NEEDS_CSUM
		2: {0, 1, 54, 0, 0xb4, 5, 0, 0, 0, 0, 0, 0},
		3: bytes.Repeat([]byte{0xff}, 12),
	} {
		r.transmit(header, frame(60, seed))
		if _, got := r.sent(); !bytes.Equal(got, frame(60, seed)) {
			t.Errorf("header %x: the frame is %x", header, got)
		}
	}
}

func TestATransmitBufferWithoutAHeaderBreaksARule(t *testing.T) {
	for _, c := range []struct {
		name string
		can  net.Offload
		n    int // readable bytes
		rule *virtio.Rule
	}{
		{"nothing readable", tapOffload, 0, RuleTransmitReadable},
		{"half a header", tapOffload, 6, RuleTransmitHeader},
		{"half a header, plain", noOffload, 6, RuleTransmitHeader},
		{"a header alone, plain", noOffload, 12, RuleTransmitHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, c.can, modern.features, Config{}, virtiotest.Options{})
			bufs := []virtiotest.Buffer{virtiotest.Writable(r.RAM.Alloc(16, 1), 16)}
			if c.n > 0 {
				bufs[0] = virtiotest.Readable(r.RAM.Alloc(c.n, 1), c.n)
			}
			r.Queue(1).Add(bufs...)
			r.Queue(1).Kick()
			if v := r.Violation(patience); v.Rule != c.rule || v.Queue != 1 {
				t.Errorf("%v", v)
			}
		})
	}
}

func TestABusyLinkKeepsTheFramesInOrder(t *testing.T) {
	r := start(t, noOffload, modern.features, Config{}, virtiotest.Options{})
	ring, data := r.Queue(1), r.RAM.Alloc(12+2000, 1)
	size := func(i int) int { return 1000 + i%1000 }
	added := 0
	r.wait("the link is full", func() bool {
		for ; ring.Room() > 0; added++ {
			ring.Add(virtiotest.Readable(data, 12+size(added)))
		}
		ring.Kick()
		for ok := true; ok; _, ok = ring.Next() {
		}
		return r.tx().Waited > 0
	})
	for i := range added {
		if _, f, err := r.peer.Receive(0, patience); err != nil || len(f) != size(i) {
			t.Fatalf("frame %d has %d bytes, want %d: %v", i, len(f), size(i), err)
		}
	}
	r.wait("all are sent", func() bool { return r.tx().Frames == uint64(added) })
	if s := r.tx(); s.Drops.Total() != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestAPulledCableDropsBothWays(t *testing.T) {
	r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
	rx := r.receiver(virtiotest.LinuxSmall, modern.header)
	rx.Fill()
	status := func() byte {
		var b [2]byte
		r.device.config.Read(configStatus, b[:])
		return b[0]
	}
	r.device.SetLink(false)
	r.device.SetLink(false)
	if status() != 0 || r.ConfigChanges() != 1 {
		t.Errorf("status %d after %d notifications", status(), r.ConfigChanges())
	}
	r.transmit(make([]byte, 12), frame(60, 1))
	r.Queue(1).Wait(patience)
	r.send(nil, frame(60, 2))
	r.dropped(DropLinkDown, 1)
	if s := r.tx(); s.Drops[DropLinkDown] != 1 {
		t.Errorf("counted %+v", s)
	}
	r.device.SetLink(true)
	if status() != statusLinkUp || r.ConfigChanges() != 2 {
		t.Errorf("status %d after %d notifications", status(), r.ConfigChanges())
	}
	r.transmit(make([]byte, 12), frame(60, 3))
	r.send(nil, frame(60, 4))
	if _, got := r.sent(); !bytes.Equal(got, frame(60, 3)) {
		t.Error("a frame from before is sent")
	}
	if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(60, 4)) {
		t.Error("a frame from before is received")
	}
}

func TestANetdevThatGoesAwayIsACableThatWasPulled(t *testing.T) {
	for _, posted := range []bool{true, false} {
		t.Run(fmt.Sprintf("buffers posted: %v", posted), func(t *testing.T) {
			r := start(t, tapOffload, modern.features, Config{}, virtiotest.Options{})
			if posted {
				r.receiver(virtiotest.LinuxSmall, modern.header).Fill()
			}
			if err := unix.Shutdown(r.netdev.Links()[0].FD(), unix.SHUT_RDWR); err != nil {
				t.Fatal(err)
			}
			r.transmit(make([]byte, 12), frame(60, 1))
			r.Queue(1).Wait(patience)
			r.wait("the driver is told", func() bool { return r.ConfigChanges() == 1 })
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
