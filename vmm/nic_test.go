package vmm_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/vmm"
)

// A nic is a network card whose other end is peer.
type nic struct {
	*virtionet.Device
	link *net.Memory
	peer *net.Peer
}

const everything = net.OffloadCsum | net.OffloadTSO4 | net.OffloadTSO6 | net.OffloadECN | net.OffloadUFO

func newNIC(t *testing.T) nic {
	t.Helper()
	nd, peer, err := net.Pipe(everything, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nd.Close() })
	device, err := virtionet.New(virtionet.Config{Netdev: nd, Features: virtionet.DefaultFeatures(nd)})
	if err != nil {
		t.Fatal(err)
	}
	return nic{device, nd, peer}
}

// on says where the card is plugged in.
func (n nic) on(place vmm.Device) vmm.Device {
	place.Device = n.Device
	return place
}

var transitional = vmm.Device{Slot: -1, Vectors: 4, IOEventFD: true, ROM: true}

// echo sends frames of different sizes, one after the other, and wants each back.
func (n nic) echo(frames, header int) error {
	if err := n.inUse(header); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range frames {
		want := frame(r, []int{60, 1514, 4084, 4085, 9014, 30000, 65000}[i%7])
		if err := n.peer.Send(0, nil, want); err != nil {
			return err
		}
		hdr, got, err := n.peer.Receive(0, patience)
		if err != nil {
			return fmt.Errorf("frame %d of %d bytes did not come back: %v", i, len(want), err)
		}
		if !bytes.Equal(got, echoed(want)) || len(hdr) != header {
			return fmt.Errorf("frame %d of %d bytes came back as %d bytes behind a header of %d, or changed", i, len(want), len(got), len(hdr))
		}
	}
	return nil
}

// inUse waits until the device has the link in hand, which is a moment after the driver set DRIVER_OK: what is sent before has no
// header.
func (n nic) inUse(header int) error {
	for deadline := time.Now().Add(patience); n.link.Header() != header; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the link's header has %d bytes, not %d", n.link.Header(), header)
		}
	}
	return nil
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
