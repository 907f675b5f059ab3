package virtiotest

import (
	"hash/maphash"
	"slices"

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
			r.t.Errorf("%s: the device wrote the %s at %#x of chain %d", r.layout.sections().write, g.what, g.gpa, head)
		}
	}
}

// element reads and checks the next used element and frees its chain.
func (r *Ring) element() Used {
	r.t.Helper()
	id, n := r.layout.next()
	u := Used{Head: uint16(id), Len: n}
	p := r.posts[u.Head]
	if p == nil || id > 0xffff {
		r.t.Errorf("%s: a used element has id %d, which is no posted chain", r.layout.sections().id, id)
		return u
	}
	if max := writableLen(p.bufs); uint64(n) > max {
		r.t.Errorf("%s: used element of chain %d has length %d, and %d bytes are writable", r.layout.sections().length, id, n, max)
	}
	r.checkGuards(u.Head, p)
	r.checkOrder(u.Head)
	delete(r.posts, u.Head)
	r.layout.free(u.Head)
	if p.table != nil {
		r.tables = append(r.tables, *p.table)
	}
	return u
}

// checkOrder holds the device to IN_ORDER. One used element for a batch of chains, which 2.7.9 allows, is not expected: no
// device of ours writes that.
func (r *Ring) checkOrder(head uint16) {
	r.t.Helper()
	if !r.features.Has(virtio.InOrder) {
		return
	}
	if first := r.order[0]; first != head {
		r.t.Errorf("6.2: with IN_ORDER the device used chain %d before chain %d", head, first)
	}
	if i := slices.Index(r.order, head); i >= 0 {
		r.order = slices.Delete(r.order, i, i+1)
	}
}

// Check looks at what the device must not have written: descriptors, the available ring or the driver's event suppression
// structure, readable buffers of chains that it still has, and flags beyond what 2.7.10.2 and 2.8.14 allow. A Harness calls
// it when a queue's life ends.
func (r *Ring) Check() {
	r.t.Helper()
	r.layout.check()
	for head, p := range r.posts {
		r.checkGuards(head, p)
	}
}
