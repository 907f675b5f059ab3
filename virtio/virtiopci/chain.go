package virtiopci

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/virtio"
)

// A ChainSnapshot is a chain of a split queue as it lies in memory (QMP's x-query-virtio-queue-element).
type ChainSnapshot struct {
	Head                 uint16
	AvailFlags, AvailIdx uint16
	UsedFlags, UsedIdx   uint16
	Descriptors          []DescriptorSnapshot
}

// A DescriptorSnapshot is a descriptor with its VIRTQ_DESC_F flags.
type DescriptorSnapshot struct {
	Addr  uint64
	Len   uint32
	Flags uint16
}

// Flags of a split queue's descriptor (2.7.5).
const (
	DescNext     = 1 << 0
	DescWrite    = 1 << 1
	DescIndirect = 1 << 2
)

// Chain reads the chain that the available ring has at an index; index nil is the next that the device takes. Any goroutine may
// call it; the driver may be changing what it reads.
func (t *Transport) Chain(queue int, index *uint16) (c ChainSnapshot, err error) {
	t.mu.Lock()
	q, packed := t.queueSnapshot(queue), t.negotiation.accepted.Has(virtio.RingPacked)
	t.mu.Unlock()
	switch {
	case packed:
		return c, errors.New("packed ring not supported")
	case q.Desc == 0 || q.Size == 0:
		return c, errors.New("the driver has given the queue no ring")
	}
	at := q.Position.Avail.Index
	if index != nil {
		at = *index
	}
	m := peeker{memory: t.cfg.Memory}
	c.AvailFlags, c.AvailIdx = m.uint16(q.Avail), m.uint16(q.Avail+2)
	c.UsedFlags, c.UsedIdx = m.uint16(q.Used), m.uint16(q.Used+2)
	c.Head = m.uint16(q.Avail + 4 + 2*uint64(at%q.Size))
	c.Descriptors = m.chain(q.Desc, c.Head, uint32(q.Size))
	return c, m.err
}

// A peeker reads guest memory; after an error all is zero.
type peeker struct {
	memory virtio.Memory
	err    error
}

func (m *peeker) bytes(gpa uint64, n int) []byte {
	b, err := m.memory.Slice(gpa, uint64(n))
	if err != nil {
		if m.err == nil {
			m.err = fmt.Errorf("the driver's ring lies where no memory is: %w", err)
		}
		return make([]byte, n)
	}
	return b
}

func (m *peeker) uint16(gpa uint64) uint16 { return binary.LittleEndian.Uint16(m.bytes(gpa, 2)) }

func (m *peeker) descriptor(table uint64, i uint16) (d DescriptorSnapshot, next uint16) {
	b := m.bytes(table+16*uint64(i), 16)
	le := binary.LittleEndian
	return DescriptorSnapshot{le.Uint64(b), le.Uint32(b[8:]), le.Uint16(b[12:])}, le.Uint16(b[14:])
}

// chain follows a chain, through an indirect table if it leads to one, for as many links as the table has.
func (m *peeker) chain(table uint64, i uint16, size uint32) (all []DescriptorSnapshot) {
	d, next := m.descriptor(table, i)
	if d.Flags&DescIndirect != 0 {
		table, size = d.Addr, min(d.Len/16, 1<<15)
		d, next = m.descriptor(table, 0)
	}
	for range size {
		all = append(all, d)
		if d.Flags&DescNext == 0 || uint32(next) >= size || m.err != nil {
			break
		}
		d, next = m.descriptor(table, next)
	}
	return all
}
