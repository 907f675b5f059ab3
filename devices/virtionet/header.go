package virtionet

import "github.com/drydock-vmm/drydock/virtio"

// virtio_net_hdr (5.1.9): offsets of the fields that the device itself looks at, and the lengths that the header can have.
const (
	headerFlags      = 0
	headerGSOType    = 1
	headerHdrLen     = 2
	headerGSOSize    = 4
	headerCsumStart  = 6
	headerCsumOffset = 8
	headerNumBuffers = 10
	headerHash       = 12 // value, report and padding

	legacyHeaderLen = 10
	mergedHeaderLen = 12 // with num_buffers
	hashHeaderLen   = 20 // with hash_value and hash_report
	maxHeaderLen    = hashHeaderLen

	flagNeedsCsum = 1
	flagDataValid = 2
	flagRSCInfo   = 4

	gsoNone  = 0
	gsoTCPv4 = 1
	gsoUDP   = 3
	gsoTCPv6 = 4
	gsoUDPL4 = 5
	gsoECN   = 0x80 // beside one of TCP's
)

// A gsoSet are the segment types that a driver accepts in received frames, a bit each.
type gsoSet uint8

// acceptedGSO is the set by the features (5.1.9.4.1). The type of UDP_L4 does not name the IP version, so that either feature
// must do.
func acceptedGSO(f virtio.Features) (s gsoSet) {
	for _, e := range []struct {
		bit virtio.Feature
		gso uint8
	}{{GuestTSO4, gsoTCPv4}, {GuestTSO6, gsoTCPv6}, {GuestUFO, gsoUDP}, {GuestUSO4, gsoUDPL4}, {GuestUSO6, gsoUDPL4}} {
		if f.Has(e.bit) {
			s |= 1 << e.gso
		}
	}
	return s
}

func (s gsoSet) has(gsoType byte) bool {
	gsoType &^= gsoECN
	return gsoType == gsoNone || s>>gsoType&1 != 0
}

// headerLen is the length of the longest header that any accepted feature asks for. VERSION_1 alone makes it 12: only a
// legacy driver without MRG_RXBUF has no num_buffers (5.1.9.1).
func headerLen(f virtio.Features) int {
	n := legacyHeaderLen
	if f.Has(MrgRxbuf) || f.Has(virtio.Version1) {
		n = max(n, mergedHeaderLen)
	}
	if f.Has(HashReport) {
		n = max(n, hashHeaderLen)
	}
	return n
}
