package conformance

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// allOffloads is what the best tap can do.
const allOffloads = net.OffloadCsum | net.OffloadTSO4 | net.OffloadTSO6 | net.OffloadECN | net.OffloadUFO | net.OffloadUSO4 | net.OffloadUSO6

// A nic is a network card between a driver and the peer at the other end of its cable.
type nic struct {
	*driver
	device *virtionet.Device
	netdev *net.Memory
	peer   *net.Peer
}

// A nicConfig is what a test can choose of a nic: the host's offloads and queue pairs, the device, and its function.
type nicConfig struct {
	can      net.Offload
	pairs    int
	more     virtio.Features // offered besides the default
	less     virtio.Features // not offered
	device   virtionet.Config
	function func(*virtiopci.Config)
}

// nic makes a card with all offloads and one queue pair, as QEMU offers it by default, but for what change changes.
func (e *env) nic(change ...func(*nicConfig)) *nic {
	e.Helper()
	c := nicConfig{can: allOffloads, pairs: 1}
	for _, f := range change {
		f(&c)
	}
	netdev, peer, err := net.Pipe(c.can, c.pairs)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() {
		if err := netdev.Close(); err != nil {
			e.Error(err)
		}
	})
	c.device.Netdev = netdev
	c.device.Features = virtionet.DefaultFeatures(netdev).Or(c.more).Minus(c.less)
	c.device.MQ = c.pairs > 1
	device, err := virtionet.New(c.device)
	if err != nil {
		e.Fatal(err)
	}
	return &nic{driver: e.attach(device, c.function).drive(), device: device, netdev: netdev, peer: peer}
}

func with(bits ...virtio.Feature) func(*nicConfig) {
	return func(c *nicConfig) { c.more = c.more.With(bits...) }
}

func without(bits ...virtio.Feature) func(*nicConfig) {
	return func(c *nicConfig) { c.less = c.less.With(bits...) }
}

func pairs(n int) func(*nicConfig) { return func(c *nicConfig) { c.pairs = n } }

func can(o net.Offload) func(*nicConfig) { return func(c *nicConfig) { c.can = o } }

func mtu(n uint16) func(*nicConfig) { return func(c *nicConfig) { c.device.MTU = n } }

func function(f func(*virtiopci.Config)) func(*nicConfig) {
	return func(c *nicConfig) { c.function = f }
}

// startNIC is start, after which the link has the header that was negotiated: a frame that is sent now is received.
func (n *nic) startNIC(f ...virtio.Feature) {
	n.Helper()
	n.start(f...)
	n.settle()
}

// settle waits until the device has told the link what the driver accepted.
func (n *nic) settle() {
	n.Helper()
	n.eventually("the link is as the driver wants it", func() bool {
		return n.netdev.Offloads() == 0 || n.netdev.Header() == n.header() && n.netdev.Accepted() == n.offload()
	})
}

// header is the length of virtio_net_hdr (5.1.9).
func (n *nic) header() int {
	switch {
	case n.accepted.Has(virtionet.HashReport):
		return 20
	case n.accepted.Has(virtio.Version1), n.accepted.Has(virtionet.MrgRxbuf):
		return 12
	}
	return 10
}

// offload is what the features that were accepted let the link do.
func (n *nic) offload() (o net.Offload) {
	if !n.accepted.Has(virtionet.GuestCsum) {
		return 0
	}
	for bit, can := range map[virtio.Feature]net.Offload{
		virtionet.GuestCsum: net.OffloadCsum, virtionet.GuestTSO4: net.OffloadTSO4, virtionet.GuestTSO6: net.OffloadTSO6,
		virtionet.GuestECN: net.OffloadECN, virtionet.GuestUFO: net.OffloadUFO,
		virtionet.GuestUSO4: net.OffloadUSO4, virtionet.GuestUSO6: net.OffloadUSO6,
	} {
		if n.accepted.Has(bit) {
			o |= can
		}
	}
	if o&(net.OffloadTSO4|net.OffloadTSO6) == 0 {
		o &^= net.OffloadECN
	}
	return o
}

func (n *nic) rx() *virtiotest.Ring { return n.rings[0] }
func (n *nic) tx() *virtiotest.Ring { return n.rings[1] }
func (n *nic) cq() *virtiotest.Ring { return n.rings[len(n.rings)-1] }

// frame is n bytes that no other frame of the test has. Its first bytes are the card's address.
func frame(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)*31 ^ byte(i>>8)*17 ^ seed
	}
	copy(b, ownMAC[:])
	return b
}

type mac = [6]byte

var (
	ownMAC    = mac{0x52, 0x54, 0, 0x12, 0x34, 0x56}
	otherMAC  = mac{0x52, 0x54, 0, 0x12, 0x34, 0x99}
	groupMAC  = mac{0x33, 0x33, 0, 0, 0, 1}
	broadcast = mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

// to is a frame for an address.
func to(m mac, seed byte) []byte {
	b := frame(60, seed)
	copy(b, m[:])
	return b
}

// post makes a frame behind a header of zeros available to transmit, in descriptors of the given lengths and one for the rest.
func (n *nic) post(frame []byte, cut ...int) {
	n.Helper()
	n.postWith(make([]byte, n.header()), frame, cut...)
}

func (n *nic) postWith(header, frame []byte, cut ...int) {
	n.Helper()
	n.tx().Add(readable(n.ram(), append(bytes.Clone(header), frame...), cut...)...)
}

// readable puts bytes into buffers of the given lengths, and one for the rest.
func readable(ram *virtiotest.RAM, b []byte, cut ...int) (bufs []virtiotest.Buffer) {
	for _, k := range append(cut, len(b)) {
		if k = min(k, len(b)); k > 0 {
			bufs = append(bufs, virtiotest.Readable(ram.Put(b[:k]), k))
			b = b[k:]
		}
	}
	return bufs
}

// transmit sends a frame and waits until its buffer has come back.
func (n *nic) transmit(frame []byte, cut ...int) virtiotest.Used {
	n.Helper()
	n.post(frame, cut...)
	n.tx().Kick()
	return n.tx().Wait(patience)
}

// arrives checks that the peer's next frame is this one, and returns its header.
func (n *nic) arrives(frame []byte) []byte {
	n.Helper()
	header, got, err := n.peer.Receive(0, patience)
	if err != nil {
		n.Fatal(err)
	}
	if !bytes.Equal(got, frame) {
		n.Errorf("the peer received %d bytes %x..., want %d bytes %x...", len(got), got[:min(24, len(got))], len(frame), frame[:min(24, len(frame))])
	}
	return header
}

// nothingArrives checks that the peer has received nothing.
func (n *nic) nothingArrives() {
	n.Helper()
	if _, got, err := n.peer.Receive(0, glance); err == nil {
		n.Errorf("the peer received %d bytes", len(got))
	}
}

// drain forgets what the peer has received.
func (n *nic) drain() {
	n.Helper()
	for {
		_, _, err := n.peer.Receive(0, 0)
		switch {
		case errors.Is(err, net.ErrWouldBlock):
			return
		case err != nil:
			n.Fatal(err)
		}
	}
}

// send is the peer sending a frame.
func (n *nic) send(header, frame []byte) {
	n.Helper()
	if err := n.peer.Send(0, header, frame); err != nil {
		n.Fatal(err)
	}
}

// receiver posts buffers to receive in a driver's way.
func (n *nic) receiver(s virtiotest.Strategy) *virtiotest.Receiver {
	n.Helper()
	r := virtiotest.NewReceiver(n.rx(), s, n.header())
	r.Fill()
	return r
}

// receives checks that the driver's next frame is this one.
func (n *nic) receives(r *virtiotest.Receiver, frame []byte) virtiotest.Frame {
	n.Helper()
	got := r.Receive(patience)
	if !bytes.Equal(got.Payload, frame) {
		n.Errorf("the driver received %d bytes %x..., want %d bytes %x...", len(got.Payload), got.Payload[:min(24, len(got.Payload))],
			len(frame), frame[:min(24, len(frame))])
	}
	return got
}

// works shows that the device is alive: a frame goes out.
func (n *nic) works() {
	n.Helper()
	n.transmit(frame(60, 0x5a))
	n.arrives(frame(60, 0x5a))
}

// Answers to a command.
const (
	ackOK  = 0
	ackErr = 1
)

// command sends a command in descriptors as 5.1.9.8 has them for a driver without ANY_LAYOUT, and returns the answer.
func (n *nic) command(class, command byte, data ...byte) byte {
	n.Helper()
	return n.commandCut(append([]byte{class, command}, data...), 2)
}

func (n *nic) commandCut(b []byte, cut ...int) byte {
	n.Helper()
	ack := n.ram().Put([]byte{0xee})
	n.cq().Add(append(readable(n.ram(), b, cut...), virtiotest.Writable(ack, 1))...)
	n.cq().Kick()
	n.cq().Wait(patience)
	return n.ram().Bytes(ack, 1)[0]
}

// obeyed is a command that the device must accept.
func (n *nic) obeyed(class, command byte, data ...byte) {
	n.Helper()
	if ack := n.command(class, command, data...); ack != ackOK {
		n.Fatalf("class %d command %d: answer %d", class, command, ack)
	}
}

func le16(v uint16) []byte { return binary.LittleEndian.AppendUint16(nil, v) }
func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
