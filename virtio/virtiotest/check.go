package virtiotest

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/drydock-vmm/drydock/virtio"
)

var seed = maphash.MakeSeed()

// A guard remembers memory that the device must leave alone.
type guard struct {
	what string
	gpa  uint64
	mem  []byte
	sum  uint64
}

// guard ignores what is not RAM: a hostile test posts that too.
func (r *Ring) guard(what string, gpa uint64, n int) guard {
	b, err := r.ram.Slice(gpa, uint64(n))
	if err != nil {
		b = nil
	}
	return guard{what, gpa, b, maphash.Bytes(seed, b)}
}

func (r *Ring) checkGuards(head uint16, p *post) {
	r.t.Helper()
	for _, g := range p.guards {
		if maphash.Bytes(seed, g.mem) != g.sum {
			r.t.Errorf("2.7.5.1: the device wrote the %s at %#x of chain %d", g.what, g.gpa, head)
		}
	}
}

// element reads and checks the next used element and frees its chain.
func (r *Ring) element() Used {
	r.t.Helper()
	at := 4 + 8*int(r.seen&uint16(r.Size-1))
	id, n := binary.LittleEndian.Uint32(r.used[at:]), binary.LittleEndian.Uint32(r.used[at+4:])
	u := Used{Head: uint16(id), Len: n}
	p := r.posts[u.Head]
	if p == nil || id > 0xffff {
		r.t.Errorf("2.7.8: used element %d has id %d, which is no posted chain", r.seen, id)
		return u
	}
	if max := writableLen(p.bufs); uint64(n) > max {
		r.t.Errorf("2.7.8.2: used element of chain %d has length %d, and %d bytes are writable", id, n, max)
	}
	r.checkGuards(u.Head, p)
	delete(r.posts, u.Head)
	r.free = append(r.free, p.descs...)
	return u
}

// Check looks at what the device must not have written: descriptors, the available ring, readable buffers of chains that it
// still has, and used.flags beyond what 2.7.10.2 allows. A Harness calls it when a queue's life ends.
func (r *Ring) Check() {
	r.t.Helper()
	if !r.desc.intact() {
		r.t.Error("2.7.5.1: the device wrote the descriptor table")
	}
	if !r.avail.intact() {
		r.t.Error("2.7.6: the device wrote the available ring")
	}
	for head, p := range r.posts {
		r.checkGuards(head, p)
	}
	flags := r.UsedFlags()
	if flags > 1 || flags != 0 && r.features.Has(virtio.EventIdx) {
		r.t.Errorf("2.7.10.2: used.flags is %#x", flags)
	}
}
