package virtionet

import (
	"encoding/binary"
	"math"

	"github.com/drydock-vmm/drydock/virtio"
)

// macTableEntries is the room of the address table, unicast and multicast together (QEMU's MAC_TABLE_ENTRIES).
const macTableEntries = 64

const maxVLAN = 4096

type mac = [6]byte

var broadcast = mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// filter decides which frames the driver gets (5.1.9.5.1 to 5.1.9.5.3). A filter is immutable once receivers can see it.
type filter struct {
	mac mac

	promisc, allmulti, alluni, nomulti, nouni, nobcast bool

	table                    [macTableEntries]mac
	inUse, firstMulti        int // entries from firstMulti up are multicast
	uniOverflow, mulOverflow bool

	vlans [maxVLAN / 64]uint64
}

// newFilter is the state after a reset: everything passes until the driver says otherwise. VLANs pass unfiltered only for a
// driver that did not ask to name them (5.1.9.5.3.1).
func newFilter(own mac, f virtio.Features) *filter {
	out := &filter{mac: own, promisc: true}
	if !f.Has(CtrlVLAN) {
		for i := range out.vlans {
			out.vlans[i] = math.MaxUint64
		}
	}
	return out
}

// filteredLen is how much of a frame's beginning pass looks at: addresses, type, VLAN tag.
const filteredLen = 18

// pass says whether the driver wants a frame. head is a copy of its first filteredLen bytes, zeros where it is shorter: the
// guest can change the frame itself at any time.
func (f *filter) pass(head *[filteredLen]byte) bool {
	if f.promisc {
		return true
	}
	const vlanTag = 0x8100
	if binary.BigEndian.Uint16(head[12:]) == vlanTag && !f.hasVLAN(binary.BigEndian.Uint16(head[14:])%maxVLAN) {
		return false
	}
	to := mac(head[:6])
	if to[0]&1 != 0 {
		return f.passMulticast(to)
	}
	return f.passUnicast(to)
}

func (f *filter) passMulticast(to mac) bool {
	switch {
	case to == broadcast:
		return !f.nobcast
	case f.nomulti:
		return false
	case f.allmulti || f.mulOverflow:
		return true
	}
	return contains(f.table[f.firstMulti:f.inUse], to)
}

func (f *filter) passUnicast(to mac) bool {
	switch {
	case f.nouni:
		return false
	case f.alluni || f.uniOverflow || to == f.mac:
		return true
	}
	return contains(f.table[:f.firstMulti], to)
}

func contains(table []mac, to mac) bool {
	for i := range table {
		if table[i] == to {
			return true
		}
	}
	return false
}

func (f *filter) hasVLAN(id uint16) bool { return f.vlans[id/64]&(1<<(id%64)) != 0 }

func (f *filter) setVLAN(id uint16, on bool) {
	if on {
		f.vlans[id/64] |= 1 << (id % 64)
	} else {
		f.vlans[id/64] &^= 1 << (id % 64)
	}
}
