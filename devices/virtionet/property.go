package virtionet

import (
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
)

// A Property is a boolean property of QEMU's virtio-net-pci that switches one feature bit.
type Property struct {
	Name    string
	Feature virtio.Feature
	Default bool // in QEMU 7.2, on a netdev that can
}

// properties are those of QEMU 7.2 and the younger ones, which are off: drivers see what 7.2 shows unless it is asked for.
var properties = []Property{
	{"any_layout", virtio.AnyLayout, true},
	{"csum", Csum, true},
	{"ctrl_guest_offloads", CtrlGuestOffloads, true},
	{"ctrl_mac_addr", CtrlMACAddr, true},
	{"ctrl_rx", CtrlRX, true},
	{"ctrl_rx_extra", CtrlRXExtra, true},
	{"ctrl_vlan", CtrlVLAN, true},
	{"ctrl_vq", CtrlVQ, true},
	{"event_idx", virtio.EventIdx, true},
	{"failover", Standby, false},
	{"gso", GSO, true},
	{"guest_announce", GuestAnnounce, true},
	{"guest_csum", GuestCsum, true},
	{"guest_ecn", GuestECN, true},
	{"guest_rsc_ext", RscExt, false},
	{"guest_tso4", GuestTSO4, true},
	{"guest_tso6", GuestTSO6, true},
	{"guest_ufo", GuestUFO, true},
	{"guest_uso4", GuestUSO4, false},
	{"guest_uso6", GuestUSO6, false},
	{"hash", HashReport, false},
	{"host_ecn", HostECN, true},
	{"host_tso4", HostTSO4, true},
	{"host_tso6", HostTSO6, true},
	{"host_ufo", HostUFO, true},
	{"host_uso", HostUSO, false},
	{"in_order", virtio.InOrder, false},
	{"indirect_desc", virtio.IndirectDesc, true},
	{"mrg_rxbuf", MrgRxbuf, true},
	{"notification_data", virtio.NotificationData, false},
	{"notify_on_empty", virtio.NotifyOnEmpty, true},
	{"packed", virtio.RingPacked, false},
	{"queue_reset", virtio.RingReset, true},
	{"rss", RSS, false},
	{"status", Status, true},
}

// Properties lists the properties that switch one feature bit each, by name. A property takes away or adds exactly its own
// bit, as in QEMU: ctrl_vq=off leaves ctrl_rx offered. mq, host_mtu, speed, duplex and rsc_interval are fields of Config.
//
// failover=on offers STANDBY and no more: there is no primary to be hidden.
func Properties() []Property { return slices.Clone(properties) }
