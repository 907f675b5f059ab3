package main

// The queues of a card: of each pair the one to receive and the one to transmit, and then that for control commands.

func receiveQueue(pair int) int  { return 2 * pair }
func transmitQueue(pair int) int { return 2*pair + 1 }

// opened is how many pairs a driver of these features opens.
func (d *driver) opened() int {
	if d.has(featureMQ | featureRSS) {
		return max(d.tap, 1)
	}
	return 1
}

func (d *driver) receiveQueues() (out []int) {
	for pair := range d.opened() {
		out = append(out, receiveQueue(pair))
	}
	return out
}

// controlQueue is that of a driver that accepted one.
func (d *driver) controlQueue() int { return 2 * d.opened() }

// roomToReceive is how many descriptors each of the receive queues has free.
func (d *driver) roomToReceive() int {
	least := 1 << 16
	for _, q := range d.receiveQueues() {
		least = min(least, d.queues[q].room())
	}
	if d.full(0, 0) {
		return 0 // no memory for buffers
	}
	return least
}

// coalesces says that segments of TCP may be held back, to be joined with those that follow.
func (d *driver) coalesces() bool {
	return d.has(featureRSC) && d.has(featureGuestTSO4|featureGuestTSO6)
}
