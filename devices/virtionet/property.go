package virtionet

import (
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
)

// A Property is a boolean property of QEMU's virtio-net-pci that switches one feature bit.
type Property struct {
	Name    string
	Feature virtio.Feature
}

var properties = []Property{
	{"any_layout", virtio.AnyLayout},
	{"csum", Csum},
	{"ctrl_guest_offloads", CtrlGuestOffloads},
	{"ctrl_mac_addr", CtrlMACAddr},
	{"ctrl_rx", CtrlRX},
	{"ctrl_rx_extra", CtrlRXExtra},
	{"ctrl_vlan", CtrlVLAN},
	{"ctrl_vq", CtrlVQ},
	{"event_idx", virtio.EventIdx},
	{"gso", GSO},
	{"guest_announce", GuestAnnounce},
	{"guest_csum", GuestCsum},
	{"guest_ecn", GuestECN},
	{"guest_tso4", GuestTSO4},
	{"guest_tso6", GuestTSO6},
	{"guest_ufo", GuestUFO},
	{"guest_uso4", GuestUSO4},
	{"guest_uso6", GuestUSO6},
	{"host_ecn", HostECN},
	{"host_tso4", HostTSO4},
	{"host_tso6", HostTSO6},
	{"host_ufo", HostUFO},
	{"host_uso", HostUSO},
	{"indirect_desc", virtio.IndirectDesc},
	{"mrg_rxbuf", MrgRxbuf},
	{"notify_on_empty", virtio.NotifyOnEmpty},
	{"queue_reset", virtio.RingReset},
	{"status", Status},
}

// Properties lists the properties that switch one feature bit each, by name. A property takes away or adds exactly its own
// bit, as in QEMU: ctrl_vq=off leaves ctrl_rx offered. mq, host_mtu, speed and duplex are fields of Config.
func Properties() []Property { return slices.Clone(properties) }
