package device_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/drydock-vmm/drydock/examples/device"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// soon is far more than any answer takes.
const soon = time.Minute

// start runs the device after negotiation. Its ring checks the device's manners by itself: what it may write, and how.
func start(t *testing.T, source io.Reader) (*virtiotest.Harness, *virtiotest.Ring) {
	h := virtiotest.Start(t, device.New(source), virtio.FeaturesOf(virtio.Version1, virtio.IndirectDesc), virtiotest.Options{})
	return h, h.Queue(0)
}

// numbers is a source whose every byte can be told from its neighbours.
func numbers(n int) (b []byte) {
	for i := range n {
		b = append(b, byte(i%251))
	}
	return b
}

func TestARequestIsFilled(t *testing.T) {
	for name, lens := range map[string][]int{
		"in one buffer":                {64},
		"in several":                   {1, 2, 3},
		"up to 64 KiB, and not beyond": {60 << 10, 60 << 10, 1},
	} {
		for _, indirect := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				want := numbers(200 << 10)
				h, ring := start(t, bytes.NewReader(want))
				var bufs []virtiotest.Buffer
				var asked int
				for _, n := range lens {
					bufs = append(bufs, virtiotest.Writable(h.RAM.Alloc(n, 1), n))
					asked += n
				}
				add := ring.Add
				if indirect {
					add = ring.AddIndirect
				}
				head := add(bufs...)
				ring.Kick()
				got := ring.Wait(soon)
				if want := uint32(min(asked, 64<<10)); got.Head != head || got.Len != want {
					t.Fatalf("used %+v, want chain %d with %d bytes", got, head, want)
				}
				var filled []byte
				for _, b := range bufs {
					filled = append(filled, h.RAM.Bytes(b.GPA, int(b.Len))...)
				}
				if !bytes.Equal(filled[:got.Len], want[:got.Len]) {
					t.Error("the buffers do not hold the source's bytes in order")
				}
				if rest := filled[got.Len:]; !bytes.Equal(rest, make([]byte, len(rest))) {
					t.Error("bytes were written that the used length does not count")
				}
			})
		}
	}
}

func TestRequestsThatComeTogetherAreAnsweredByOneInterrupt(t *testing.T) {
	h, ring := start(t, bytes.NewReader(numbers(1000)))
	for range 5 {
		ring.Add(virtiotest.Writable(h.RAM.Alloc(16, 1), 16))
	}
	ring.Kick()
	for range 5 {
		ring.Wait(soon)
	}
	if n := ring.Interrupts(); n > 1 {
		t.Errorf("%d interrupts, want 1", n)
	}
}

func TestADriverThatOffersAReadableBufferIsToldWhichRuleItBroke(t *testing.T) {
	h, ring := start(t, bytes.NewReader(numbers(1000)))
	ring.Add(virtiotest.Readable(h.RAM.Put([]byte("not random")), 10), virtiotest.Writable(h.RAM.Alloc(16, 1), 16))
	ring.Kick()
	if v := h.Violation(soon); v.Rule.Section != "5.4.6.1" {
		t.Errorf("violation of %s, want 5.4.6.1", v.Rule.Section)
	}
}

func TestASourceThatFailsIsTheHostsFault(t *testing.T) {
	broken := errors.New("no entropy today")
	h, ring := start(t, iotest.ErrReader(broken))
	ring.Add(virtiotest.Writable(h.RAM.Alloc(16, 1), 16))
	ring.Kick()
	<-h.Done()
	err := h.Stop()
	var violation *virtio.Violation
	if !errors.Is(err, broken) || errors.As(err, &violation) || !strings.Contains(err.Error(), "source") {
		t.Errorf("the device ended with %v, want the source's error", err)
	}
}
