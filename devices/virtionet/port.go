package virtionet

import "github.com/drydock-vmm/drydock/virtio"

// A port is the driver's side of receiving: the receive queue of one pair, and what the driver has been told of it.
//
// One goroutine at a time has it, who holds the turn of the receivers that it belongs to.
type port struct {
	pair   int
	q      *virtio.Queue // nil while the driver has not enabled it; only a router sees that
	broken chan error    // takes what is wrong with q; only a router's port has one
	absent bool          // q has been nil for longer than a moment
	*receiveCounters

	unsaidFrames, unsaidBytes int // since the driver was notified; dropped frames take time, too, and count
}

// tell notifies the driver, at once or with the frames that follow at once.
func (p *port) tell(n uint64) {
	p.unsaidFrames++
	p.unsaidBytes += int(n)
	if p.unsaidFrames >= notifyFrames || p.unsaidBytes >= notifyBytes {
		p.notify()
	}
}

func (p *port) notify() {
	if p.unsaidFrames == 0 {
		return
	}
	p.unsaidFrames, p.unsaidBytes = 0, 0
	if p.q != nil {
		p.q.Notify()
	}
}

// full says that the driver has no room to post more: the ring has fewer free entries than one of its chains takes.
func (p *port) full() bool {
	posted := p.q.Posted()
	return (p.q.Size()-posted.Entries)*posted.Chains < posted.Entries
}
