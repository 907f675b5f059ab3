package virtionet

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestTheFilterDecidesAsQEMUs(t *testing.T) {
	own, friend, other := mac{2, 0, 0, 0, 0, 1}, mac{2, 0, 0, 0, 0, 2}, mac{2, 0, 0, 0, 0, 3}
	group, otherGroup := mac{0x33, 0x33, 0, 0, 0, 1}, mac{0x33, 0x33, 0, 0, 0, 2}
	type filters = []func(*filter)
	quiet := func(f *filter) { f.promisc = false }
	table := func(f *filter) { f.table[0], f.table[1], f.firstMulti, f.inUse = friend, group, 1, 2 }
	for _, c := range []struct {
		name string
		set  filters
		to   mac
		vlan int // -1: no tag
		pass bool
	}{
		{"promiscuous mode takes all", nil, other, -1, true},
		{"promiscuous mode takes VLANs that are not in the table", nil, other, 7, true},
		{"the own address passes", filters{quiet}, own, -1, true},
		{"another address does not", filters{quiet}, other, -1, false},
		{"an address in the table passes", filters{quiet, table}, friend, -1, true},
		{"a group in the table passes", filters{quiet, table}, group, -1, true},
		{"another group does not", filters{quiet, table}, otherGroup, -1, false},
		{"broadcasts pass", filters{quiet}, broadcast, -1, true},
		{"nobcast stops broadcasts", filters{quiet, func(f *filter) { f.nobcast = true }}, broadcast, -1, false},
		{"allmulti takes every group", filters{quiet, func(f *filter) { f.allmulti = true }}, group, -1, true},
		{"nomulti is stronger than allmulti", filters{quiet, func(f *filter) { f.allmulti, f.nomulti = true, true }}, group, -1, false},
		{"nomulti does not stop broadcasts", filters{quiet, func(f *filter) { f.nomulti = true }}, broadcast, -1, true},
		{"alluni takes every address", filters{quiet, func(f *filter) { f.alluni = true }}, other, -1, true},
		{"nouni is stronger than the own address", filters{quiet, func(f *filter) { f.nouni = true }}, own, -1, false},
		{"too many addresses take every address", filters{quiet, func(f *filter) { f.uniOverflow = true }}, other, -1, true},
		{"too many groups take every group", filters{quiet, func(f *filter) { f.mulOverflow = true }}, group, -1, true},
		{"a VLAN that is not in the table is stopped", filters{quiet}, own, 7, false},
		{"a VLAN in the table passes", filters{quiet, func(f *filter) { f.setVLAN(7, true) }}, own, 7, true},
		{"a VLAN in the table does not pass another address", filters{quiet, func(f *filter) { f.setVLAN(7, true) }}, other, 7, false},
		{"a VLAN that was taken out is stopped", filters{quiet, func(f *filter) { f.setVLAN(7, true); f.setVLAN(7, false) }}, own, 7, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFilter(own, virtio.FeaturesOf(CtrlVLAN))
			for _, set := range c.set {
				set(f)
			}
			var head [filteredLen]byte
			copy(head[:], c.to[:])
			if c.vlan >= 0 {
				head[12], head[13], head[15] = 0x81, 0x00, byte(c.vlan)
				head[14] = 0xe0 // priority, which is no part of the number
			}
			if got := f.pass(&head); got != c.pass {
				t.Errorf("pass is %v", got)
			}
		})
	}
}

func TestADriverThatNamesNoVLANsGetsThemAll(t *testing.T) {
	f := newFilter(mac{}, virtio.Features{})
	for id := range uint16(maxVLAN) {
		if !f.hasVLAN(id) {
			t.Fatalf("VLAN %d is stopped", id)
		}
	}
}
