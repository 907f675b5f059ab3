package vmm_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// A payload is a machine that runs the payload guest of e2e/payload, on the real /dev/kvm, with one NIC whose other end is peer.
type payload struct {
	t      *testing.T
	peer   *net.Peer
	nic    *virtionet.Device
	output *output
	ended  chan struct{}
	end    vmm.Outcome
	err    error
}

// output collects what the guest writes to its serial port.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

const everything = net.OffloadCsum | net.OffloadTSO4 | net.OffloadTSO6 | net.OffloadECN | net.OffloadUFO

// startPayload boots the payload with a command line, and waits until its driver is ready.
func startPayload(t *testing.T, cmdline string, place vmm.Device, features func(virtio.Features) virtio.Features) *payload {
	t.Helper()
	nd, peer, err := net.Pipe(everything, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nd.Close() })
	nic, err := virtionet.New(virtionet.Config{Netdev: nd, Features: features(virtionet.DefaultFeatures(nd))})
	if err != nil {
		t.Fatal(err)
	}
	place.Device = nic
	p := &payload{t: t, peer: peer, nic: nic, output: &output{}, ended: make(chan struct{})}
	kernel := openPayload(t)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	go func() {
		defer close(p.ended)
		p.end, p.err = vmm.Run(ctx, vmm.Config{
			RAM: 256 << 20, CPUs: 1, CPU: "host", Kernel: kernel, Cmdline: cmdline, Devices: []vmm.Device{place},
			Serial: [2]vmm.Serial{{Out: p.output}}, DebugExit: 0xf4, NoReboot: true,
			Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel),
		})
	}()
	t.Cleanup(func() { cancel(); <-p.ended })
	p.waitFor("READY")
	return p
}

func openPayload(t *testing.T) *os.File {
	t.Helper()
	path := os.Getenv("DRYDOCK_PAYLOAD")
	if path == "" {
		path = filepath.Join("..", "build", "payload.elf")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: build the payload guest with: make payload", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func (p *payload) waitFor(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(p.output.String(), text); {
		select {
		case <-p.ended:
			if !strings.Contains(p.output.String(), text) {
				p.t.Fatalf("the guest ended (%v, %v) before it said %s:\n%s", p.end, p.err, text, p.output)
			}
			return
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the guest did not say %s:\n%s", text, p.output)
		}
	}
}

// finish waits for the guest's end, which must be its own: status 0 on the debug exit port.
func (p *payload) finish() {
	p.t.Helper()
	<-p.ended
	if p.err != nil || p.end.End != vmm.DebugExit || p.end.Code != 0 {
		p.t.Fatalf("the guest ended with %+v, %v:\n%s", p.end, p.err, p.output)
	}
}

// frame is an Ethernet frame of n bytes with random content.
func frame(r *rand.Rand, n int) []byte {
	f := make([]byte, n)
	for i := range f {
		f[i] = byte(r.Uint32())
	}
	copy(f, []byte{0x52, 0x54, 0, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 1, 0x08, 0})
	return f
}

// echoed is what the payload makes of a frame: addresses swapped.
func echoed(f []byte) []byte {
	e := bytes.Clone(f)
	copy(e[0:6], f[6:12])
	copy(e[6:12], f[0:6])
	return e
}

func same(f virtio.Features) virtio.Features { return f }

var transitional = vmm.Device{Slot: -1, Vectors: 4, IOEventFD: true, ROM: true}

func TestADriverInRing3GetsEveryFrameWholeAndSendsItBack(t *testing.T) {
	slow := transitional
	slow.IOEventFD = false
	modernOnly := transitional
	modernOnly.DisableLegacy = true
	legacyOnly := transitional
	legacyOnly.DisableModern = true
	perPage := transitional
	perPage.PagePerVQ = true
	for _, c := range []struct {
		name, options string
		place         vmm.Device
		header        int
		merges        bool
	}{
		{"modern, mergeable, polling", "", transitional, 12, true},
		{"modern, mergeable, MSI-X", "irq=1", transitional, 12, true},
		{"modern, mergeable, MSI-X, event index", "irq=1 event=1", transitional, 12, true},
		{"modern, mergeable, INTx", "irq=2", transitional, 12, true},
		{"modern, mergeable, kicks by register", "irq=1", slow, 12, true},
		{"modern, mergeable, a page per queue", "irq=1", perPage, 12, true},
		{"modern only, one big buffer", "mrg=0 irq=1", modernOnly, 12, false},
		{"modern, a chain of 17 descriptors", "mrg=0 rxseg=4096", transitional, 12, false},
		{"modern, small mergeable buffers", "bufsz=1536", transitional, 12, true},
		{"modern, header in a descriptor of its own", "split=1 mrg=0 irq=1", transitional, 12, false},
		{"modern, a ring of 32 entries", "qsz=32 irq=1", transitional, 12, true},
		{"legacy, mergeable, polling", "legacy", transitional, 12, true},
		{"legacy, mergeable, MSI-X", "legacy irq=1", transitional, 12, true},
		{"legacy, mergeable, INTx", "legacy irq=2", transitional, 12, true},
		{"legacy only, a 10-byte header in front of the data", "legacy mrg=0 irq=2", legacyOnly, 10, false},
		{"legacy only, a 10-byte header of its own", "legacy mrg=0 split=1 rxseg=4096", legacyOnly, 10, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			const frames = 40
			p := startPayload(t, fmt.Sprintf("echo count=%d %s", frames, c.options), c.place, same)
			p.waitFor(fmt.Sprintf("hdr=%d", c.header))
			r := rand.New(rand.NewPCG(1, 2))
			for i := range frames {
				want := frame(r, []int{60, 1514, 4084, 4085, 9014, 30000, 65000}[i%7])
				if err := p.peer.Send(0, nil, want); err != nil {
					t.Fatal(err)
				}
				hdr, got, err := p.peer.Receive(0, 10*time.Second)
				if err != nil {
					t.Fatalf("frame %d of %d bytes did not come back: %v\n%s", i, len(want), err, p.output)
				}
				if !bytes.Equal(got, echoed(want)) || len(hdr) != c.header {
					t.Fatalf("frame %d of %d bytes came back as %d bytes behind a header of %d, or changed", i, len(want), len(got), len(hdr))
				}
			}
			p.finish()
			s := p.nic.Stats().Receive[0]
			if merged := s.Frames - s.ByBuffers[1]; s.Frames != frames || (merged > 0) != c.merges || s.Drops.Total() != 0 {
				t.Errorf("%d frames received, %d of them merged, drops %v", s.Frames, merged, s.Drops)
			}
		})
	}
}
