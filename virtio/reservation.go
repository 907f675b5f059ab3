package virtio

import "golang.org/x/sys/unix"

// A Reservation is receive buffers, ready to be filled in order.
type Reservation struct {
	Vecs   []unix.Iovec // the device-writable parts of all its chains, one after the other; more than IOV_MAX if the driver posts so
	Len    uint64       // bytes in Vecs
	chains int
	q      *Queue
}

// Chains says how many chains there are.
func (r *Reservation) Chains() int { return r.chains }

// Fit says over how many chains n bytes spread, filling all but the last (5.1.9.4.1), or 0 if r is too small. No bytes need
// no chain.
func (r *Reservation) Fit(n uint64) int {
	if n > r.Len {
		return 0
	}
	k := 0
	for ; n > 0; k++ {
		n -= min(n, r.q.window.at(k).WriteLen)
	}
	return k
}

// Commit uses the first Fit(n) chains with n bytes in all and publishes them with one store (Publish): the driver sees all of
// a frame or none of it. The other chains stay available, untaken. It returns the number of chains. What was pushed and not
// published before is published with them. It ends the reservation, and costs as much as the chains used. With
// VIRTIO_F_IN_ORDER the frame waits while the device holds popped chains, as in Push.
func (r *Reservation) Commit(n uint64) int {
	q, k := r.q, r.Fit(n)
	r.Abort()
	if k == 0 {
		return 0
	}
	for range k {
		c := q.window.shift()
		q.reserve.dropped(c)
		fill := min(n, c.WriteLen)
		n -= fill
		c.ReadLen = 0 // not read: receiving passes over it
		if q.order.n == 0 {
			q.put(c, uint32(fill))
		} else {
			q.hold(c)
			q.finish(c, uint32(fill))
		}
	}
	q.avail.take(k)
	q.Publish()
	return k
}

// Abort leaves every chain available. It costs nothing.
func (r *Reservation) Abort() { r.Vecs, r.Len, r.chains = nil, 0, 0 }
