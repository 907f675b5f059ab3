package virtio

import "fmt"

// packedAreas are the three parts of a packed queue (2.8.10) as host memory, and where the device writes next.
type packedAreas struct {
	desc   []byte // descriptor ring, which both sides write
	driver []byte // driver event suppression: when the driver wants an interrupt
	device []byte // device event suppression: when the device wants a kick
	size   int

	crooked bool // desc is not aligned: its quadwords are not read and written at once

	used  Cursor // of the next used descriptor
	taken int    // entries whose chains next has given and that are not used
}

// Flags of an event suppression structure (2.8.14). QEMU takes any other value for eventDesc, and so do we.
const (
	eventEnable  = 0 // RING_EVENT_FLAGS_ENABLE
	eventDisable = 1 // RING_EVENT_FLAGS_DISABLE
	eventDesc    = 2 // RING_EVENT_FLAGS_DESC
)

// newPacked lets a queue that goes on begin with kicks wanted: what the one before it asked for last still stands in the ring.
func newPacked(c *QueueConfig) (availableRing, usedRing, error) {
	a, err := newPackedAreas(c)
	if err != nil {
		return nil, nil, err
	}
	if c.Start != (Position{}) {
		storeEvent(a.device, 0, eventEnable)
	}
	return newPackedAvailable(a, c), newPackedUsed(a, c.Start.Told), nil
}

func newPackedAreas(c *QueueConfig) (*packedAreas, error) {
	size := int(c.Size)
	if size == 0 || size > maxRing {
		return nil, c.broken(RulePackedSize, "the size is %d", size)
	}
	if c.Start.Avail.Index >= c.Size || c.Start.Used.Index >= c.Size {
		return nil, fmt.Errorf("virtio: queue %d of %d entries cannot go on at %+v", c.Index, size, c.Start)
	}
	a := &packedAreas{size: size, used: c.Start.Used}
	for _, part := range []areaSpec{
		{"descriptor ring", c.Desc, descBytes * size, &a.desc},
		{"driver event suppression structure", c.Avail, eventBytesPacked, &a.driver},
		{"device event suppression structure", c.Used, eventBytesPacked, &a.device},
	} {
		if err := part.resolve(c, RulePackedInMemory); err != nil {
			return nil, err
		}
	}
	a.crooked = crooked(&a.desc[0], descBytes)
	return a, nil
}
