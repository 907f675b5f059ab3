package virtionet

import "github.com/drydock-vmm/drydock/virtio"

// virtio_net_hdr (5.1.9): offsets of the fields that the device itself looks at, and the lengths that the header can have.
const (
	headerFlags      = 0
	headerGSOType    = 1
	headerNumBuffers = 10

	legacyHeaderLen = 10
	mergedHeaderLen = 12 // with num_buffers
	hashHeaderLen   = 20 // with hash_value and hash_report
	maxHeaderLen    = hashHeaderLen

	flagNeedsCsum = 1
	gsoNone       = 0
)

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
