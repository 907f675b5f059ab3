// Ring is a virtqueue by hand: it plays the driver of a network card, writes a ring of eight receive buffers into memory byte by
// byte, lets the device put a frame of 9,000 bytes into them, and shows the ring before and after. There is no guest and no KVM.
//
// A split virtqueue (virtio 1.4, 2.7) is three tables in the driver's memory. The descriptor table says where buffers are. In the
// available ring the driver writes the numbers of those that the device may use, and then how many it has written so far: idx. In
// the used ring the device answers in the same way, with the bytes that it wrote into each. Nobody locks anything: each side
// writes its own idx last, and the other looks at it first.
//
// Each buffer here holds 1,536 bytes. The driver has accepted MRG_RXBUF, so the device spreads the frame over as many as it takes,
// and writes into the header before the frame how many those are. "go run ./examples/ring" prints what main_test.go shows.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// Where things are in the driver's memory, and how large.
const (
	size       = 8      // entries of the ring
	descTable  = 0x1000 // 16 bytes an entry: address, length, flags, next
	availRing  = 0x2000 // flags, idx, then 2 bytes an entry
	usedRing   = 0x3000 // flags, idx, then 8 bytes an entry: id, len
	buffers    = 0x4000
	bufferSize = 1536

	write        = 2  // VIRTQ_DESC_F_WRITE: the device writes here
	headerSize   = 12 // of struct virtio_net_hdr with its last field,
	numBuffersAt = 10
)

// memory is the guest's. The device reaches it through Slice alone.
type memory []byte

func (m memory) Slice(gpa, n uint64) ([]byte, error) {
	if end := uint64(len(m)); gpa > end || n > end-gpa {
		return nil, fmt.Errorf("%#x is beyond the memory's end", gpa+n)
	}
	return m[gpa : gpa+n : gpa+n], nil
}

func (m memory) get16(at int) uint16    { return binary.LittleEndian.Uint16(m[at:]) }
func (m memory) put16(at int, v uint16) { binary.LittleEndian.PutUint16(m[at:], v) }

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ring:", err)
		os.Exit(1)
	}
}

func run(w io.Writer) error {
	m := make(memory, 64<<10)
	m.post()
	fmt.Fprintln(w, "before:")
	m.print(w)
	frame := bytes.Repeat([]byte{0xff}, 9000) // an Ethernet frame to everybody, so that no filter stops it
	if err := m.receive(frame); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nafter a frame of 9,000 bytes:")
	m.print(w)
	got := m.collect()
	_, err := fmt.Fprintf(w, "\nnum_buffers in the header is %d; behind it are %d bytes, the frame's own: %v\n",
		m.get16(buffers+numBuffersAt), len(got)-headerSize, bytes.Equal(got[headerSize:], frame))
	return err
}

// post makes all buffers available: descriptors first, idx last.
func (m memory) post() {
	for i := range size {
		d := m[descTable+16*i:]
		binary.LittleEndian.PutUint64(d, uint64(buffers+bufferSize*i))
		binary.LittleEndian.PutUint32(d[8:], bufferSize)
		binary.LittleEndian.PutUint16(d[12:], write)
		m.put16(availRing+4+2*i, uint16(i))
	}
	m.put16(availRing+2, size)
}

// receive runs a network card on the ring until it has received the frame.
func (m memory) receive(frame []byte) error {
	netdev, wire, err := net.Pipe(0, 1)
	if err != nil {
		return err
	}
	defer netdev.Close()
	card, err := virtionet.New(virtionet.Config{Netdev: netdev})
	if err != nil {
		return err
	}
	features := virtio.FeaturesOf(virtio.Version1, virtionet.MrgRxbuf)
	interrupted := make(chan struct{}, 1)
	queue, err := m.queue(features, func() { interrupted <- struct{}{} })
	if err != nil {
		return err
	}
	session := virtio.NewSession(features, false, nil)
	session.Enable(0, queue)
	if err := wire.Send(0, nil, frame); err != nil { // it waits in the netdev
		return err
	}
	ctx, reset := context.WithCancel(context.Background())
	defer reset()
	ended := make(chan error, 1)
	go func() { ended <- card.Run(ctx, session) }()
	select {
	case <-interrupted:
		reset() // after Run has returned the device leaves the memory alone (2.4.1)
		<-ended
		return unix.Close(queue.KickFD())
	case err := <-ended:
		return fmt.Errorf("the device gave up: %w", err)
	}
}

// queue tells the device where the ring is, as a transport such as PCI does it.
func (m memory) queue(f virtio.Features, interrupt func()) (*virtio.Queue, error) {
	doorbell, err := unix.Eventfd(0, unix.EFD_CLOEXEC) // nobody rings it: all buffers are there from the beginning
	if err != nil {
		return nil, err
	}
	return virtio.NewQueue(virtio.QueueConfig{
		Size: size, Desc: descTable, Avail: availRing, Used: usedRing,
		Features: f, Memory: m, Interrupt: interrupt, Kick: doorbell,
	})
}

// collect puts together what the device has used, in its order.
func (m memory) collect() (whole []byte) {
	for i := range m.get16(usedRing + 2) {
		id, n := m.used(int(i))
		at := buffers + bufferSize*id
		whole = append(whole, m[at:at+n]...)
	}
	return whole
}

// used is an entry of the used ring.
func (m memory) used(i int) (id, n int) {
	e := m[usedRing+4+8*i:]
	return int(binary.LittleEndian.Uint32(e)), int(binary.LittleEndian.Uint32(e[4:]))
}
