package virtio

import "math/bits"

// window is the chains that were decoded and not yet taken, oldest first, and the chains that lie idle. A queue holds at
// most as many as its size; one more is for the chain too many, which must be looked at to be seen.
type window struct {
	ring  []*Chain
	head  int
	n     int
	spare []*Chain
}

func newWindow(size int) window {
	w := window{ring: make([]*Chain, ceilPowerOfTwo(size)), spare: make([]*Chain, size+1)}
	chains := make([]Chain, size+1)
	for i := range chains {
		c := &chains[i]
		c.arena = c.first[:0]
		w.spare[i] = c
	}
	return w
}

func (w *window) at(i int) *Chain { return w.ring[(w.head+i)&(len(w.ring)-1)] }

// blank is the chain to decode next; it stays spare until it is appended.
func (w *window) blank() *Chain { return w.spare[len(w.spare)-1] }

func (w *window) append() {
	c := w.blank()
	w.spare = w.spare[:len(w.spare)-1]
	w.ring[(w.head+w.n)&(len(w.ring)-1)] = c
	w.n++
}

func (w *window) shift() *Chain {
	c := w.ring[w.head]
	w.head = (w.head + 1) & (len(w.ring) - 1)
	w.n--
	return c
}

// release takes back a chain: the last one that was released is decoded into first, as its memory is warm.
func (w *window) release(c *Chain) { w.spare = append(w.spare, c) }

// ceilPowerOfTwo lets an index wrap by a mask though the queue's size is any.
func ceilPowerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }
