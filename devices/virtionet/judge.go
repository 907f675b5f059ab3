package virtionet

import "github.com/drydock-vmm/drydock/devices/iovec"

// head is a private copy of the beginning of a header and its frame. Hashing looks at all of it, which is room for IPv6 with some
// extension headers; all else at the first bytes.
type head [maxHeaderLen + 252]byte

const plainLook = maxHeaderLen + 36

// judge says whether, and why, a frame is dropped.
func (r *receiver) judge(n uint64) (reason Drop, bad bool) {
	header := uint64(r.frame.header)
	r.peek(n)
	switch {
	case n <= header:
		return DropRunt, true
	case n > header+maxFrame || r.overMTU(n-header):
		return DropOversize, true
	case !r.up.Load():
		return DropLinkDown, true
	case !r.frame.gso.has(r.head[headerGSOType]):
		return DropSegments, true // it came before the netdev was told of this driver's offloads
	case !r.filter.Load().pass((*[filteredLen]byte)(r.head[header:])):
		return DropFiltered, true
	case n > r.room && !r.frame.merge && !r.routed:
		return DropTooBig, true // before it is spilled
	}
	return 0, false
}

// peek takes the private copy of the beginning of the frame in stream, zeros where it is shorter.
func (r *receiver) peek(n uint64) {
	b := r.head[:r.look]
	r.seen = iovec.Gather(b[:min(n, uint64(len(b)))], r.stream, 0)
	clear(b[r.seen:])
}

// overMTU: a frame that is not to be segmented must fit into the negotiated MTU (5.1.4.1).
func (r *receiver) overMTU(frame uint64) bool {
	return r.frame.mtu != 0 && r.head[headerGSOType] == gsoNone && frame > uint64(r.frame.mtu+overEthernet)
}
