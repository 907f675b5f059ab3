// Package device shows what a new virtio device costs: the entropy device of virtio 1.4, section 5.4, in one page of code.
//
// A device says what it is (Info) and has one life for each driver that uses it (Run). It never sees registers, PCI, KVM or the
// layout of a ring, so the tests in this directory drive it without any of them, by the driver's side in package virtiotest; and
// this line puts it into a machine, where a stock Linux finds /dev/hwrng:
//
//	config.Devices = append(config.Devices, vmm.Device{Device: device.New(rand.Reader), Slot: -1, Vectors: -1, IOEventFD: true})
package device

import (
	"context"
	"fmt"
	"io"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio"
)

// RNG is an entropy device: the driver offers empty buffers, and gets them back full. It implements virtio.Device.
type RNG struct{ source io.Reader }

// New makes a device that takes its bytes from source, in one goroutine.
func New(source io.Reader) *RNG { return &RNG{source} }

// Info implements virtio.Device. What rings can do comes for nothing: package virtio does it.
func (r *RNG) Info() virtio.Info {
	return virtio.Info{
		ID:           4, // chapter 5's number of an entropy device
		Features:     virtio.FeaturesOf(virtio.Version1, virtio.IndirectDesc, virtio.EventIdx),
		Queues:       func(virtio.Features) []uint16 { return []uint16{8} }, // as QEMU's
		MaxQueueSize: 1024,
		Config:       virtio.NewConfig(nil, nil),
	}
}

// Run implements virtio.Device.
func (r *RNG) Run(ctx context.Context, s *virtio.Session) error {
	s.Serve(0, r.serve)
	return s.Wait(ctx)
}

// serve is the life of the one queue. An error that is no context's ends the device: a *virtio.Violation makes the driver reset
// it, any other stops the machine.
func (r *RNG) serve(ctx context.Context, q *virtio.Queue) error {
	for {
		c, err := q.Next(ctx) // which tells the driver of all that was pushed, with one interrupt, before it waits
		if err != nil {
			return err
		}
		n, err := r.fill(q, c)
		if err != nil {
			return err
		}
		q.Push(c, n)
	}
}

// ruleWritable is a sentence of the specification that a driver can break.
var ruleWritable = &virtio.Rule{Section: "5.4.6.1", Text: "all buffers of a request are device-writable"}

// most is what one request gets: a driver that asks for a gigabyte must not keep the device busy.
const most = 64 << 10

// fill answers one request. The buffers are the guest's own memory: nothing is copied, and what the guest does to them meanwhile
// harms nobody but itself.
func (r *RNG) fill(q *virtio.Queue, c *virtio.Chain) (n uint32, err error) {
	if c.ReadLen > 0 || c.WriteLen == 0 {
		return 0, &virtio.Violation{Rule: ruleWritable, Queue: q.Index(), Head: c.Head, What: fmt.Sprintf("%d bytes of it are readable, %d writable", c.ReadLen, c.WriteLen)}
	}
	for _, v := range c.Write {
		b := unsafe.Slice(v.Base, min(v.Len, uint64(most-n)))
		if _, err := io.ReadFull(r.source, b); err != nil {
			return 0, fmt.Errorf("source of random bytes: %w", err)
		}
		n += uint32(len(b))
	}
	return n, nil
}
