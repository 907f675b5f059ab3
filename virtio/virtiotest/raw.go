package virtiotest

import "encoding/binary"

// Flags of descriptors (2.7.5, 2.8.13) and rings (2.7.6, 2.7.8, 2.8.14).
const (
	Next     = 1
	Write    = 2
	Indirect = 4

	NoInterrupt = 1 // in avail.flags
	NoNotify    = 1 // in used.flags

	AvailFlag = 1 << 7  // VIRTQ_DESC_F_AVAIL, of a packed ring; alone, it is a descriptor available in the first lap
	UsedFlag  = 1 << 15 // VIRTQ_DESC_F_USED

	EventEnable  = 0 // in an event suppression structure
	EventDisable = 1
	EventDesc    = 2
)

// split is the layout of a split ring; the raw writers of one are of no use to a packed one.
func (r *Ring) split() *split {
	if s, ok := r.layout.(*split); ok {
		return s
	}
	r.t.Helper() // only here: it costs more than what is measured beside it
	r.t.Fatal("the ring is not split")
	return nil
}

// SetDescriptor writes entry i of a split ring's descriptor table, whatever is in it.
func (r *Ring) SetDescriptor(i int, addr uint64, n uint32, flags, next uint16) {
	r.split().desc.put(16*i, encode(addr, n, flags, next))
}

// SetAvailEntry writes entry i, modulo the ring's size, of the available ring.
func (r *Ring) SetAvailEntry(i int, head uint16) {
	r.split().setEntry(i, head)
}

// SetAvailIdx moves the available index, at once visible to the device.
func (r *Ring) SetAvailIdx(idx uint16) {
	s := r.split()
	s.added = idx
	s.publish()
}

// SetAvailFlags writes avail.flags.
func (r *Ring) SetAvailFlags(flags uint16) {
	r.split().setFlags(flags)
}

// SetUsedEvent writes used_event.
func (r *Ring) SetUsedEvent(v uint16) {
	r.split().setUsedEvent(v)
}

// AvailIdx is the index that was last published.
func (r *Ring) AvailIdx() uint16 { return r.split().published }

// UsedIdx and UsedFlags are what the device wrote.
func (r *Ring) UsedIdx() uint16   { return r.split().usedIdx() }
func (r *Ring) UsedFlags() uint16 { return r.split().usedFlags() }

// AvailEvent is the available index at which the device wants a kick, with EVENT_IDX.
func (r *Ring) AvailEvent() uint16 { return r.split().availEvent() }

// A Descriptor's bytes, for indirect tables of a test's own making: of a split ring, or of a packed one if flags and next are
// its id and flags.
func Descriptor(addr uint64, n uint32, flags, next uint16) []byte {
	return encode(addr, n, flags, next)
}

func encode(addr uint64, n uint32, lo, hi uint16) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), addr)
	b = binary.LittleEndian.AppendUint32(b, n)
	b = binary.LittleEndian.AppendUint16(b, lo)
	return binary.LittleEndian.AppendUint16(b, hi)
}
