package net

import "fmt"

// A virtio_net_hdr's length is 10, and 12 with num_buffers; 20 and 24 carry hashes, of which the netdev knows nothing but
// their room (virtio 1.4, 5.1.6).
const maxHeader = 24

// checkHeader says whether frames can have a header of n bytes on a netdev that has headers at all (or not).
func checkHeader(n int, headers bool) error {
	switch {
	case n == 0:
		return nil
	case !headers:
		return fmt.Errorf("net: this netdev has no virtio_net_hdr: header length %d, only 0 works", n)
	case n == 10, n == 12, n == 20, n == maxHeader:
		return nil
	}
	return fmt.Errorf("net: virtio_net_hdr of %d bytes: must be 0, 10, 12, 20 or 24", n)
}

// checkOffload says whether a netdev that can carry can is able to carry o.
func checkOffload(o, can Offload) error {
	if !can.Has(o) {
		return fmt.Errorf("net: offloads %v: the netdev can carry only %v", o, can)
	}
	return nil
}

// checkQueues says whether n of have queues can be attached.
func checkQueues(n, have int) error {
	if n < 1 || n > have {
		return fmt.Errorf("net: %d queues asked for, the netdev has 1 to %d", n, have)
	}
	return nil
}

// Fields of virtio_net_hdr (linux/virtio_net.h).
const (
	hdrFlags     = 0
	hdrGSOType   = 1
	needsCsum    = 1
	gsoNone      = 0
	gsoTCPv4     = 1
	gsoUDP       = 3
	gsoTCPv6     = 4
	gsoUDPL4     = 5
	gsoECN       = 0x80
	minHeaderLen = 10
)

// asks says what a frame with this header demands of its receiver. A UDP segmentation header does not name the IP version,
// so that either of the two bits of the receiver must do: the first result is demanded whole, the second in part.
func asks(hdr []byte) (all, any Offload) {
	if len(hdr) < minHeaderLen {
		return 0, 0
	}
	if hdr[hdrFlags]&needsCsum != 0 {
		all |= OffloadCsum
	}
	if hdr[hdrGSOType]&gsoECN != 0 {
		all |= OffloadECN
	}
	switch hdr[hdrGSOType] &^ gsoECN {
	case gsoTCPv4:
		all |= OffloadTSO4
	case gsoTCPv6:
		all |= OffloadTSO6
	case gsoUDP:
		all |= OffloadUFO
	case gsoUDPL4:
		any = OffloadUSO4 | OffloadUSO6
	}
	return all, any
}
