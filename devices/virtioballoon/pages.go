package virtioballoon

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// inflate serves the queue of pages that the guest gives up (5.5.6).
func (d *Device) inflate(ctx context.Context, q *virtio.Queue) error {
	return drain(ctx, q, func(c *virtio.Chain) error { return d.takePages(ctx, q.Memory(), c) })
}

// deflate serves the queue of pages that the guest has taken back. The host gives a page when it is touched: there is nothing to
// do for it before.
func (d *Device) deflate(ctx context.Context, q *virtio.Queue) error {
	return drain(ctx, q, func(*virtio.Chain) error { return nil })
}

// takePages discards each page whose number is in the chain. A list can be gigabytes long, so a reset is noticed on the way.
func (d *Device) takePages(ctx context.Context, mem virtio.Memory, c *virtio.Chain) error {
	r := reader{vecs: c.Read}
	for {
		var numbers [1024]byte
		n := r.read(numbers[:]) &^ 3
		if n == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for b := numbers[:n]; len(b) > 0; b = b[4:] {
			number := binary.LittleEndian.Uint32(b)
			if page, err := mem.Slice(uint64(number)<<pageShift, pageSize); err == nil {
				d.counts.inflated.Add(1)
				d.discard(page)
			}
		}
	}
}

// report serves the queue of pages that are free (5.5.6.7): the buffers are the pages. What is no whole page of the host is left
// alone, and all of it where the guest counts on finding its poison there again.
func (d *Device) report(ctx context.Context, q *virtio.Queue) error {
	return drain(ctx, q, func(c *virtio.Chain) error {
		if d.poison.Load() != 0 {
			return nil
		}
		for _, v := range c.Write {
			if (uint64(uintptr(unsafe.Pointer(v.Base)))|v.Len)%pageSize == 0 {
				d.counts.reported.Add(v.Len)
				d.discard(iovec.Bytes(v))
			}
		}
		return nil
	})
}

var ruleHint = &virtio.Rule{Section: "5.5.6.5", Text: "a command ID is 4 bytes"}

// hint serves the queue of pages whose contents a migration need not copy (5.5.6.5). There is none, so that the device never asks
// for hints (its command ID stays VIRTIO_BALLOON_CMD_ID_STOP), and what comes goes back.
func (d *Device) hint(ctx context.Context, q *virtio.Queue) error {
	return drain(ctx, q, func(c *virtio.Chain) error {
		if len(c.Read) > 0 && c.ReadLen < 4 {
			return &virtio.Violation{Rule: ruleHint, Queue: q.Index(), Head: c.Head, What: "a command ID is shorter than that"}
		}
		return nil
	})
}
