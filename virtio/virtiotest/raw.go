package virtiotest

import "encoding/binary"

// Flags of descriptors (2.7.5) and rings (2.7.6, 2.7.8).
const (
	Next        = 1
	Write       = 2
	Indirect    = 4
	NoInterrupt = 1 // in avail.flags
	NoNotify    = 1 // in used.flags
)

// SetDescriptor writes entry i of the descriptor table, whatever is in it.
func (r *Ring) SetDescriptor(i int, addr uint64, n uint32, flags, next uint16) {
	r.desc.put(16*i, encode(addr, n, flags, next))
}

// SetAvailEntry writes entry i, modulo the ring's size, of the available ring.
func (r *Ring) SetAvailEntry(i int, head uint16) { r.avail.put16(4+2*(i&(r.Size-1)), head) }

// SetAvailIdx moves the available index, at once visible to the device.
func (r *Ring) SetAvailIdx(idx uint16) {
	r.added = idx
	r.Publish()
}

// SetAvailFlags writes avail.flags.
func (r *Ring) SetAvailFlags(flags uint16) {
	r.flags = flags
	r.avail.putHeader(flags, r.published)
}

// SetUsedEvent writes used_event.
func (r *Ring) SetUsedEvent(v uint16) {
	r.avail.put16(4+2*r.Size, v)
	r.avail.putHeader(r.flags, r.published) // a barrier, before the driver looks at the used ring
}

// AvailIdx is the index that was last published.
func (r *Ring) AvailIdx() uint16 { return r.published }

// UsedIdx and UsedFlags are what the device wrote.
func (r *Ring) UsedIdx() uint16 {
	_, idx := getHeader(r.used)
	return idx
}

func (r *Ring) UsedFlags() uint16 {
	flags, _ := getHeader(r.used)
	return flags
}

// AvailEvent is the available index at which the device wants a kick, with EVENT_IDX.
func (r *Ring) AvailEvent() uint16 { return get16(r.used, 4+8*r.Size) }

// A Descriptor's bytes, for indirect tables of a test's own making.
func Descriptor(addr uint64, n uint32, flags, next uint16) []byte {
	return encode(addr, n, flags, next)
}

func encode(addr uint64, n uint32, flags, next uint16) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 16), addr)
	b = binary.LittleEndian.AppendUint32(b, n)
	b = binary.LittleEndian.AppendUint16(b, flags)
	return binary.LittleEndian.AppendUint16(b, next)
}
