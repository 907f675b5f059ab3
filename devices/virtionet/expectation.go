package virtionet

// An expectation is how many bytes to reserve for the next frame, whose length nobody knows before it is there.
//
// Room for 64 KB in buffers of 1,536 bytes is 43 vectors, and the kernel looks at each of them for a frame of 60 bytes too: a
// fifth of such a frame's price. So the reservation follows the longest of the last frames. One that is longer costs a copy
// of what did not fit, and from then on, at once, there is room for the longest possible again: TCP's segments grow step by
// step, and each step would be a copy.
type expectation struct {
	want  uint64 // bytes to reserve, header included
	least uint64 // of want: a frame of the MTU
	most  uint64 // of want: the longest frame that was negotiated or seen
	peak  uint64 // the longest frame in this window
	seen  int    // frames in this window
}

// expectWindow is how many frames must be shorter before less is reserved: one copy in so many frames is the most that a
// peer can cause.
const expectWindow = 64

func expect(least, most uint64) expectation {
	most = max(least, most)
	return expectation{want: most, least: least, most: most}
}

// saw takes notice of a frame of n bytes, header included.
func (e *expectation) saw(n uint64) {
	e.peak = max(e.peak, n)
	if n > e.want {
		e.most = max(e.most, n)
		e.want = e.most
	}
	if e.seen++; e.seen == expectWindow {
		e.want = max(e.peak, e.least)
		e.peak, e.seen = 0, 0
	}
}
