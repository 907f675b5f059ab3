package main

// entropy asks for random bytes. How many came is compared, not which.
func (d *driver) entropy() bool {
	if d.full(0, 1) {
		return false
	}
	r := d.queues[0]
	d.maybeQuiet(r)
	n := one(d.emitter, 1, 8, 64, 1+d.IntN(4096))
	r.add(d.chain(d.allocate(n), n, r.room(), true), d.indirectly())
	d.kick(0)
	r.await()
	d.settle(0)
	r.done()
	return true
}
