package virtiorng_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtiorng"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// soon is far more than any answer takes.
const soon = time.Minute

// counting is a source whose every byte can be told from its neighbours, and which gives few at once.
type counting struct{ next byte }

func (s *counting) Fill(_ context.Context, p []byte) (int, error) {
	n := min(len(p), 100)
	for i := range n {
		p[i] = s.next
		s.next++
	}
	return n, nil
}

func start(t *testing.T, c virtiorng.Config, f virtio.Features) (*virtiotest.Harness, *virtiotest.Ring) {
	t.Helper()
	d, err := virtiorng.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h := virtiotest.Start(t, d, f, virtiotest.Options{RAM: 16 << 20, Legacy: !f.Has(virtio.Version1)})
	return h, h.Queue(0)
}

var modern = virtio.FeaturesOf(virtio.Version1, virtio.IndirectDesc)

// rings are what a driver can choose of.
var rings = map[string]virtio.Features{
	"split": modern, "packed": modern.With(virtio.RingPacked), "packed in order": modern.With(virtio.RingPacked, virtio.InOrder),
	"legacy": virtio.FeaturesOf(virtio.IndirectDesc),
}

// ask makes a chain of buffers of these lengths available.
func ask(h *virtiotest.Harness, add func(...virtiotest.Buffer) uint16, lens ...int) (bufs []virtiotest.Buffer) {
	for _, n := range lens {
		bufs = append(bufs, virtiotest.Writable(h.RAM.Alloc(n, 1), n))
	}
	add(bufs...)
	return bufs
}

func content(h *virtiotest.Harness, bufs []virtiotest.Buffer) (all []byte) {
	for _, b := range bufs {
		all = append(all, h.RAM.Bytes(b.GPA, int(b.Len))...)
	}
	return all
}

func TestTheDeviceIsWhatQEMUsVirtioRNGIs(t *testing.T) {
	d, err := virtiorng.New(virtiorng.Config{})
	if err != nil {
		t.Fatal(err)
	}
	info := d.Info()
	sizes := info.Queues(virtio.Features{})
	if info.ID != 4 || info.Features[0] != 0x0000010130000000 || info.Config.Len() != 0 || len(sizes) != 1 || sizes[0] != 8 {
		t.Errorf("ID %d, features %#x, %d bytes of configuration, queues %v", info.ID, info.Features[0], info.Config.Len(), sizes)
	}
}

func TestARequestIsFilledInOrder(t *testing.T) {
	for name, lens := range map[string][]int{
		"in one buffer":             {64},
		"in several":                {1, 2, 3},
		"in more than one chunk":    {100 << 10},
		"in a buffer and a chunk":   {7, 64 << 10, 1},
		"in one byte":               {1},
		"in as many as the ring is": {1, 1, 1, 1, 1, 1, 1, 1},
	} {
		for kind, features := range rings {
			t.Run(name+", "+kind, func(t *testing.T) {
				h, ring := start(t, virtiorng.Config{Source: new(counting)}, features)
				var next byte
				for _, add := range []func(...virtiotest.Buffer) uint16{ring.Add, ring.AddIndirect} {
					bufs := ask(h, add, lens...)
					ring.Kick()
					used := ring.Wait(soon)
					got := content(h, bufs)
					want := make([]byte, len(got))
					for i := range want {
						want[i] = next
						next++
					}
					if int(used.Len) != len(want) || !bytes.Equal(got, want) {
						t.Errorf("%d bytes of %d, in order: %v", used.Len, len(want), bytes.Equal(got, want))
					}
				}
			})
		}
	}
}

func TestTheHostsKernelGivesBytesThatAreNotAllTheSame(t *testing.T) {
	file, err := virtiorng.OpenFile("/dev/urandom")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	for name, source := range map[string]virtiorng.Source{"rng-builtin": nil, "rng-random": file} {
		t.Run(name, func(t *testing.T) {
			h, ring := start(t, virtiorng.Config{Source: source}, modern)
			bufs := ask(h, ring.Add, 1000, 70000)
			ring.Kick()
			ring.Wait(soon)
			got := content(h, bufs)
			if tail := got[len(got)-64:]; bytes.Equal(tail, got[:64]) || bytes.Equal(tail, make([]byte, 64)) {
				t.Errorf("the last bytes are % x", tail)
			}
		})
	}
}

func TestReadableBuffersAreLeftAlone(t *testing.T) {
	for name, writable := range map[string]int{"with room behind them": 8, "alone": 0} {
		t.Run(name, func(t *testing.T) {
			h, ring := start(t, virtiorng.Config{}, modern)
			bufs := []virtiotest.Buffer{virtiotest.Readable(h.RAM.Put([]byte("mine")), 4)}
			if writable > 0 {
				bufs = append(bufs, virtiotest.Writable(h.RAM.Alloc(writable, 1), writable))
			}
			ring.Add(bufs...)
			ring.Kick()
			if used := ring.Wait(soon); int(used.Len) != writable {
				t.Errorf("%d bytes, want %d", used.Len, writable)
			}
		})
	}
}

func TestASourceThatFailsIsTheHostsFault(t *testing.T) {
	broken := errors.New("no entropy today")
	h, ring := start(t, virtiorng.Config{Source: failing{broken}}, modern)
	ask(h, ring.Add, 16)
	ring.Kick()
	<-h.Done()
	err := h.Stop()
	var violation *virtio.Violation
	if !errors.Is(err, broken) || errors.As(err, &violation) {
		t.Errorf("the device ended with %v, want the source's error", err)
	}
}

type failing struct{ err error }

func (s failing) Fill(context.Context, []byte) (int, error) { return 0, s.err }

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		limit virtiorng.Limit
		says  string
	}{
		"a period of nothing":                {virtiorng.Limit{Bytes: 1}, "period=0"},
		"a period of less than nothing":      {virtiorng.Limit{Bytes: 1, Period: -time.Second}, "period=-1000"},
		"a period longer than QEMU can say":  {virtiorng.Limit{Bytes: 1, Period: 1 << 32 * time.Millisecond}, "period=4294967296"},
		"more bytes than QEMU's type allows": {virtiorng.Limit{Bytes: 1 << 63, Period: time.Second}, "less than 2^63"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := virtiorng.New(virtiorng.Config{Limit: c.limit}); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestRequestsAndTheirBytesAreCounted(t *testing.T) {
	d, err := virtiorng.New(virtiorng.Config{Source: new(counting)})
	if err != nil {
		t.Fatal(err)
	}
	h := virtiotest.Start(t, d, modern, virtiotest.Options{RAM: 16 << 20})
	for range 2 {
		ask(h, h.Queue(0).Add, 100, 28)
		h.Queue(0).Kick()
		h.Queue(0).Wait(soon)
	}
	if s := d.Stats(); s != (virtiorng.Stats{Requests: 2, Bytes: 256}) {
		t.Errorf("counted: %+v", s)
	}
}
