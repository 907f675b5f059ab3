package conformance

import (
	"slices"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Classes and commands of the control queue (5.1.9.5).
const (
	rxClass       = 0
	macClass      = 1
	vlanClass     = 2
	announceClass = 3
	mqClass       = 4
	offloadClass  = 5

	rxPromisc  = 0
	rxAllMulti = 1
	rxAllUni   = 2
	rxNoMulti  = 3
	rxNoUni    = 4
	rxNoBcast  = 5

	macTableSet = 0
	macAddrSet  = 1

	vlanAdd = 0
	vlanDel = 1
)

var filterSentences = []sentence{
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX obeys PROMISC", func(e *env) {
		n, r := e.filteringNIC()
		n.stops(r, otherMAC, ownMAC)
		n.obeyed(rxClass, rxPromisc, 1)
		n.lets(r, otherMAC, ownMAC)
		n.obeyed(rxClass, rxPromisc, 0)
		n.stops(r, otherMAC, ownMAC)
	}),
	should("5.1.9.5.1.1", everywhere, "receives all frames in promiscuous mode, whatever other mode is on", func(e *env) {
		n, r := e.filteringNIC()
		for mode := byte(rxAllMulti); mode <= rxNoBcast; mode++ {
			n.obeyed(rxClass, mode, 1)
		}
		n.obeyed(rxClass, rxPromisc, 1)
		for _, m := range []mac{ownMAC, otherMAC, groupMAC, broadcast} {
			n.lets(r, m, ownMAC)
		}
	}),
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX obeys ALLMULTI: all frames to groups are received", func(e *env) { e.mode(rxAllMulti, groupMAC, true) }),
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX_EXTRA obeys ALLUNI: all frames to single addresses are received", func(e *env) { e.mode(rxAllUni, otherMAC, true) }),
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX_EXTRA obeys NOMULTI: no frames to groups are received", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(macClass, macTableSet, macTable(nil, []mac{groupMAC})...)
		n.lets(r, groupMAC, ownMAC)
		n.obeyed(rxClass, rxNoMulti, 1)
		n.stops(r, groupMAC, ownMAC)
	}),
	should("5.1.9.5.1.1", everywhere, "obeys NOMULTI though ALLMULTI is on", func(e *env) { e.overrides(rxNoMulti, rxAllMulti, groupMAC, ownMAC) }),
	should("5.1.9.5.1.1", everywhere, "receives broadcasts though NOMULTI is on", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(rxClass, rxNoMulti, 1)
		n.lets(r, broadcast, ownMAC)
	}),
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX_EXTRA obeys NOUNI: no frames to single addresses are received", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(rxClass, rxNoUni, 1)
		n.stops(r, ownMAC, broadcast)
		n.obeyed(rxClass, rxNoUni, 0)
		n.lets(r, ownMAC, broadcast)
	}),
	should("5.1.9.5.1.1", everywhere, "obeys NOUNI though ALLUNI is on", func(e *env) { e.overrides(rxNoUni, rxAllUni, otherMAC, broadcast) }),
	must("5.1.9.5.1.1", everywhere, "with CTRL_RX_EXTRA obeys NOBCAST: no broadcasts are received", func(e *env) {
		n, r := e.filteringNIC()
		n.lets(r, broadcast, ownMAC)
		n.obeyed(rxClass, rxNoBcast, 1)
		n.stops(r, broadcast, ownMAC)
	}),
	should("5.1.9.5.1.1", everywhere, "obeys NOBCAST though ALLMULTI is on", func(e *env) { e.overrides(rxNoBcast, rxAllMulti, broadcast, ownMAC) }),
	must("5.1.9.5.2.1", everywhere, "has an empty address table after a reset", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(macClass, macTableSet, macTable([]mac{otherMAC}, []mac{groupMAC})...)
		n.lets(r, otherMAC, ownMAC)
		r = n.filtering()
		n.stops(r, otherMAC, ownMAC)
		n.stops(r, groupMAC, ownMAC)
	}),
	must("5.1.9.5.2.1", everywhere, "has the new address table when MAC_TABLE_SET is used", func(e *env) {
		n, r := e.filteringNIC()
		for i := range byte(20) {
			one, other := mac{2, 0, 0, 0, 0, i}, mac{3, 0, 0, 0, 0, i}
			n.obeyed(macClass, macTableSet, macTable([]mac{one}, []mac{other})...)
			n.lets(r, one, ownMAC)
			n.lets(r, other, ownMAC)
			n.obeyed(macClass, macTableSet, macTable(nil, nil)...)
			n.stops(r, one, ownMAC)
			n.stops(r, other, ownMAC)
		}
	}),
	must("5.1.9.5.2.1", everywhere, "shows the new address in mac when MAC_ADDR_SET is used, and filters by it", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(macClass, macAddrSet, otherMAC[:]...)
		for i, want := range otherMAC {
			n.equal("mac", n.deviceConfig(configMAC+uint64(i), 1), uint64(want))
		}
		n.lets(r, otherMAC, broadcast)
		n.stops(r, ownMAC, broadcast)
	}),
	should("5.1.9.5.2.1", everywhere, "drops frames whose destination is neither mac nor in the table", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(macClass, macTableSet, macTable([]mac{{2, 1, 1, 1, 1, 1}}, []mac{{3, 1, 1, 1, 1, 1}})...)
		n.stops(r, otherMAC, ownMAC)
		n.stops(r, groupMAC, ownMAC)
		n.lets(r, mac{2, 1, 1, 1, 1, 1}, ownMAC)
		n.lets(r, mac{3, 1, 1, 1, 1, 1}, ownMAC)
	}),
	must("5.1.9.5.2.3", legacy, "takes the number of entries in the guest's native order, which is little-endian", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(macClass, macTableSet, slices.Concat([]byte{1, 0, 0, 0}, otherMAC[:], []byte{0, 0, 0, 0})...)
		n.lets(r, otherMAC, ownMAC)
	}),
	must("5.1.9.5.3.1", everywhere, "receives frames of all VLANs without CTRL_VLAN", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		r := n.receiver(virtiotest.LinuxSmall)
		n.obeyed(rxClass, rxPromisc, 0)
		for _, id := range []uint16{0, 1, 100, 4095} {
			n.send(nil, tagged(id))
			n.receives(r, tagged(id))
		}
	}),
	must("5.1.9.5.3.1", everywhere, "with CTRL_VLAN receives frames of the VLANs in its table", func(e *env) {
		n, r := e.filteringNIC()
		for _, id := range []uint16{0, 1, 100, 4095} {
			n.obeyed(vlanClass, vlanAdd, le16(id)...)
			n.send(nil, tagged(id))
			n.receives(r, tagged(id))
		}
	}),
	should("5.1.9.5.3.1", everywhere, "with CTRL_VLAN drops frames of other VLANs", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(vlanClass, vlanAdd, le16(100)...)
		n.obeyed(vlanClass, vlanAdd, le16(5)...)
		n.obeyed(vlanClass, vlanDel, le16(100)...)
		n.send(nil, tagged(100))
		n.send(nil, tagged(101))
		n.send(nil, tagged(5))
		n.receives(r, tagged(5))
	}),
	must("5.1.9.5.3.2", legacy, "takes a VLAN's number in the guest's native order, which is little-endian", func(e *env) {
		n, r := e.filteringNIC()
		n.obeyed(vlanClass, vlanAdd, 0x34, 0x02)
		n.send(nil, tagged(0x234))
		n.receives(r, tagged(0x234))
	}),
	survives("5.1.9.5.2.2", everywhere, "comes to no harm by a table that is longer than its command, or than there is room for", func(e *env) {
		n, r := e.filteringNIC()
		n.equal("answer", uint64(n.command(macClass, macTableSet, append(le32(0x2aaaaaab), otherMAC[:]...)...)), ackErr)
		n.equal("answer", uint64(n.command(macClass, macTableSet, append(le32(0xffffffff), otherMAC[:]...)...)), ackErr)
		n.obeyed(macClass, macTableSet, macTable(slices.Repeat([]mac{otherMAC}, 200), nil)...)
		n.lets(r, ownMAC, broadcast)
	}),
}

// filteringNIC is a card whose driver has all filters, with promiscuous mode off.
func (e *env) filteringNIC() (*nic, *virtiotest.Receiver) {
	e.Helper()
	n := e.nic()
	return n, n.filtering()
}

func (n *nic) filtering() *virtiotest.Receiver {
	n.Helper()
	n.startNIC(CtrlVQ, CtrlRX, CtrlRXExtra, CtrlVLAN, CtrlMACAddr)
	n.obeyed(rxClass, rxPromisc, 0)
	return n.receiver(virtiotest.LinuxSmall)
}

// mode switches one mode on and off, with which frames to m are received or not.
func (e *env) mode(mode byte, m mac, on bool) {
	e.Helper()
	n, r := e.filteringNIC()
	n.stops(r, m, ownMAC)
	n.obeyed(rxClass, mode, 1)
	n.lets(r, m, ownMAC)
	n.obeyed(rxClass, mode, 0)
	n.stops(r, m, ownMAC)
}

// overrides shows that one mode stops what another lets through.
func (e *env) overrides(stops, lets byte, m, sentinel mac) {
	e.Helper()
	n, r := e.filteringNIC()
	n.obeyed(rxClass, lets, 1)
	n.lets(r, m, sentinel)
	n.obeyed(rxClass, stops, 1)
	n.stops(r, m, sentinel)
}

// lets checks that a frame to m is received, and stops that it is not; what follows it, to sentinel, is in either case.
func (n *nic) lets(r *virtiotest.Receiver, m, sentinel mac) {
	n.Helper()
	n.send(nil, to(m, 1))
	n.receives(r, to(m, 1))
	n.send(nil, to(sentinel, 2))
	n.receives(r, to(sentinel, 2))
}

func (n *nic) stops(r *virtiotest.Receiver, m, sentinel mac) {
	n.Helper()
	n.send(nil, to(m, 1))
	n.send(nil, to(sentinel, 2))
	n.receives(r, to(sentinel, 2))
}

// macTable is the data of MAC_TABLE_SET.
func macTable(unicast, multicast []mac) (b []byte) {
	for _, list := range [][]mac{unicast, multicast} {
		b = append(b, le32(uint32(len(list)))...)
		for _, m := range list {
			b = append(b, m[:]...)
		}
	}
	return b
}

// tagged is a frame for the card on a VLAN.
func tagged(id uint16) []byte {
	f := frame(64, byte(id))
	copy(f[12:], []byte{0x81, 0x00, byte(id >> 8), byte(id)})
	return f
}
