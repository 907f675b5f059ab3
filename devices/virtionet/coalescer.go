package virtionet

import "time"

// maxHeld is how many TCP flows of a link are coalesced at once: the oldest goes when there is another.
const maxHeld = 16

// A coalescer holds back the TCP segments of a link for a moment, to append those that follow to them (receive segment coalescing,
// VIRTIO_NET_F_RSC_EXT; QEMU's virtio_net_rsc_receive). It belongs to a receiver.
type coalescer struct {
	header   int // of frames
	interval time.Duration

	idle    []*segment // free ones; what there can be more of is made when it is needed
	held    []*segment // the oldest first, one a flow
	out     []*segment // on their way to the driver, in this order
	sending *segment   // of out, whose memory is the receiver's kept frame
	since   time.Time  // when the first of held came
}

func newCoalescer(header int, interval time.Duration) *coalescer {
	c := &coalescer{header: header, interval: interval}
	for range maxHeld + 1 {
		c.idle = append(c.idle, new(segment))
	}
	c.held, c.out = make([]*segment, 0, len(c.idle)), make([]*segment, 0, len(c.idle))
	return c
}

// empty says that nothing is held and nothing on its way.
func (c *coalescer) empty() bool { return len(c.held)+len(c.out) == 0 && c.sending == nil }

// blank is a segment to read a frame into. It is nil where there was no room for one, and the oldest is on its way now.
func (c *coalescer) blank() *segment {
	if len(c.idle) == 0 {
		c.release(0)
		return nil
	}
	last := len(c.idle) - 1
	s := c.idle[last]
	c.idle = c.idle[:last]
	s.blank(c.header)
	return s
}

func (c *coalescer) free(s *segment) { c.idle = append(c.idle, s) }

// release sends the i-th of held.
func (c *coalescer) release(i int) {
	s := c.held[i]
	c.held = append(c.held[:i], c.held[i+1:]...)
	s.finish()
	c.out = append(c.out, s)
}

func (c *coalescer) releaseAll() {
	for len(c.held) > 0 {
		c.release(0)
	}
}

// next is what goes to the driver next, nil if nothing does.
func (c *coalescer) next() *segment {
	if c.sending != nil {
		c.free(c.sending)
		c.sending = nil
	}
	if len(c.out) == 0 {
		return nil
	}
	c.sending = c.out[0]
	c.out = append(c.out[:0], c.out[1:]...)
	return c.sending
}

// due is how long the held segments may still wait, negative if there are none.
func (c *coalescer) due() time.Duration {
	if len(c.held) == 0 {
		return -1
	}
	return max(0, c.interval-time.Since(c.since))
}

// add takes a frame: it is appended to the one before of its flow, held back, or sent after what is held of its flow. It reports
// whether it was appended.
func (c *coalescer) add(s *segment, kinds rscKinds) (appended bool) {
	fit := s.examine(kinds)
	i := c.find(s)
	switch {
	case i >= 0 && fit && c.held[i].append(s):
		c.free(s)
		return true
	case i >= 0:
		c.release(i)
		c.out = append(c.out, s)
	case fit:
		c.hold(s)
	default:
		c.out = append(c.out, s)
	}
	return false
}

func (c *coalescer) hold(s *segment) {
	if len(c.held) == 0 {
		c.since = time.Now()
	}
	c.held = append(c.held, s)
}

// find is the held segment of a frame's flow, or -1.
func (c *coalescer) find(s *segment) int {
	for i, h := range c.held {
		if s.flow != (flow{}) && h.flow == s.flow {
			return i
		}
	}
	return -1
}
