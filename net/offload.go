package net

import "strings"

// Offload is a set of what a frame's header may ask of the one who receives it (virtio_net_hdr; TUN_F_* of the tap). The bits
// have the tap's values, so that TUNSETOFFLOAD takes them as they are.
type Offload uint32

const (
	OffloadCsum Offload = 1 << iota // partial checksums (NEEDS_CSUM)
	OffloadTSO4
	OffloadTSO6
	OffloadECN // TSO with the ECN bit
	OffloadUFO
	OffloadUSO4
	OffloadUSO6
)

var offloadNames = []string{"csum", "tso4", "tso6", "ecn", "ufo", "uso4", "uso6"}

// Has says whether all of want is in o.
func (o Offload) Has(want Offload) bool { return o&want == want }

// String lists the names, as in "csum,tso4"; "none" for the empty set.
func (o Offload) String() string {
	var names []string
	for i, name := range offloadNames {
		if o.Has(1 << i) {
			names = append(names, name)
		}
	}
	if o>>len(offloadNames) != 0 {
		names = append(names, "unknown")
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ",")
}
