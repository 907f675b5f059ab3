package virtiotest

import (
	"encoding/binary"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// A split ring is one descriptor table and an index each way (2.7).
type split struct {
	t        testing.TB
	size     int
	eventIdx bool

	descs list
	desc  area
	avail area
	used  []byte

	flags     uint16 // avail.flags
	added     uint16 // index after the chains that were added
	published uint16 // what the device may see of them
	seen      uint16 // used index up to which next has gone
}

func newSplit(r *Ring) *split {
	n := r.Size
	r.Desc = r.ram.Alloc(16*n, 16)
	r.Avail = r.ram.Alloc(4+2*n+2, 4) // 2 would do; 4 lets flags and index be written at once
	r.Used = r.ram.Alloc(4+8*n+2, 4)
	return &split{
		t: r.t, size: n, eventIdx: r.features.Has(virtio.EventIdx),
		descs: newList(n, r.features),
		desc:  newArea(r.ram, r.Desc, 16*n), avail: newArea(r.ram, r.Avail, 4+2*n+2),
		used: r.ram.Bytes(r.Used, 4+8*n+2),
	}
}

func (s *split) room() int { return s.descs.room() }

func (s *split) add(bufs []Buffer, flags uint16) (head uint16) {
	descs := s.descs.take(len(bufs))
	for i, b := range bufs {
		last := i == len(bufs)-1
		var next uint16
		if !last {
			next = descs[i+1]
		}
		s.desc.put(16*int(descs[i]), encode(b.GPA, b.Len, flags|flagsOf(b, last), next))
	}
	s.setEntry(int(s.added), descs[0])
	s.added++
	return descs[0]
}

func (s *split) table(bufs []Buffer) (b []byte) {
	for i, buf := range bufs {
		b = append(b, encode(buf.GPA, buf.Len, flagsOf(buf, i == len(bufs)-1), uint16(i+1))...)
	}
	return b
}

func (s *split) publish() {
	s.published = s.added
	s.avail.putPair(0, s.flags, s.added)
}

// kick is the driver's half of notification suppression: used.flags, or whether the index crosses avail_event.
func (s *split) kick() bool {
	old := s.published
	s.publish()
	if s.eventIdx {
		return s.published-s.availEvent()-1 < s.published-old
	}
	return s.usedFlags()&NoNotify == 0
}

func (s *split) pending() int { return int(s.usedIdx() - s.seen) }

func (s *split) next() (id, n uint32) {
	at := 4 + 8*(int(s.seen)%s.size)
	s.seen++
	return binary.LittleEndian.Uint32(s.used[at:]), binary.LittleEndian.Uint32(s.used[at+4:])
}

func (s *split) free(head uint16) { s.descs.give(head) }

func (s *split) interrupts(on bool) {
	switch {
	case s.eventIdx && on:
		s.setUsedEvent(s.seen)
	case s.eventIdx:
		s.setUsedEvent(s.seen - 1)
	case on:
		s.setFlags(0)
	default:
		s.setFlags(NoInterrupt)
	}
}

func (s *split) sections() sections {
	return sections{id: "2.7.8", length: "2.7.8.2", write: "2.7.5.1"}
}

func (s *split) check() {
	s.t.Helper()
	if !s.desc.intact() {
		s.t.Error("2.7.5.1: the device wrote the descriptor table")
	}
	if !s.avail.intact() {
		s.t.Error("2.7.6: the device wrote the available ring")
	}
	if flags := s.usedFlags(); flags > 1 || flags != 0 && s.eventIdx {
		s.t.Errorf("2.7.10.2: used.flags is %#x", flags)
	}
}

func (s *split) setEntry(i int, head uint16) { s.avail.put16(4+2*(i%s.size), head) }

func (s *split) setFlags(flags uint16) {
	s.flags = flags
	s.avail.putPair(0, flags, s.published)
}

// setUsedEvent ends with a barrier, before the driver looks at the used ring.
func (s *split) setUsedEvent(v uint16) {
	s.avail.put16(4+2*s.size, v)
	s.avail.putPair(0, s.flags, s.published)
}

func (s *split) availEvent() uint16 { return get16(s.used, 4+8*s.size) }

func (s *split) usedIdx() uint16 {
	_, idx := getPair(s.used, 0)
	return idx
}

func (s *split) usedFlags() uint16 {
	flags, _ := getPair(s.used, 0)
	return flags
}
