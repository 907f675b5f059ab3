package args

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

// A profile is a network device of the field: what a driver sees of it on a tap that can do all. The layout of its BARs, and the control
// queue, which is there whether or not it is offered, stay QEMU's.
type profile struct {
	name, about   string
	source        string // where the facts are from
	features      virtio.Features
	follows       bool // the real one, too, offers no more than its netdev can
	disableLegacy bool
	disableModern bool
	pairs         int    // queue pairs that the real one has; 0: as many as the netdev
	vectors       int    // -1: 2 for each pair and 2
	queueSize     uint16 // of receive and transmit queues
	mtu           uint16 // where MTU is offered
	rom           bool
}

// offloads are what a tap with vnet_hdr carries, both ways.
var offloads = virtio.FeaturesOf(virtionet.Csum, virtionet.GuestCsum, virtionet.GuestTSO4, virtionet.GuestTSO6, virtionet.GuestUFO,
	virtionet.HostTSO4, virtionet.HostTSO6, virtionet.HostUFO)

// profiles are in the order of the help. Those of QEMU stand for the machine types whose compatibility properties make the difference.
var profiles = []profile{
	{
		name: "alicloud", about: "a cloud's hardware: 16 queue pairs, no EVENT_IDX; shows modern drivers legacy bits",
		source:   "what NetKVM printed, virtio-win/kvm-guest-drivers-windows#1078",
		features: virtio.Features{0x1035867ffe3}, disableLegacy: true, pairs: 16, vectors: -1, queueSize: 256,
	},
	{
		name: "qemu-2.6", about: "QEMU 2.1 to 2.6: legacy only, 3 vectors",
		source:   "measured with QEMU 7.2.22, -M pc-i440fx-2.6",
		features: virtio.Features{0x79bfffe7}, follows: true, disableModern: true, vectors: 3, queueSize: 256, rom: true,
	},
	{
		name: "qemu-4.2", about: "QEMU 2.8 to 5.2: transitional, 3 vectors",
		source:   "measured with QEMU 7.2.22, -M pc-i440fx-4.2",
		features: virtio.Features{0x179bfffe7}, follows: true, vectors: 3, queueSize: 256, rom: true,
	},
	{
		name: "qemu-7.2", about: "QEMU 7.2 to 8.1: what is made without a profile",
		source:   "measured with QEMU 7.2.22",
		features: virtio.Features{0x10179bfffe7}, follows: true, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "qemu-10.0", about: "QEMU 8.2 to 10.0: UDP segmentation offload",
		source:   "QEMU hw/net/virtio-net.c, guest_uso4, guest_uso6 and host_uso",
		features: virtio.Features{0x01c0010179bfffe7}, follows: true, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "vhost-net", about: "QEMU 7.2 with vhost=on",
		source:   "Linux drivers/vhost/net.c, VHOST_NET_FEATURES, which has no RING_RESET",
		features: virtio.Features{0x179bfffe7}, follows: true, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "firecracker", about: "Firecracker on PCI: merged buffers, no control queue, no indirect descriptors",
		source:        "Firecracker src/vmm/src/devices/virtio/net/device.rs, new_with_tap",
		features:      offloads.With(virtionet.MAC, virtionet.MrgRxbuf, virtio.EventIdx, virtio.Version1),
		disableLegacy: true, vectors: 3, queueSize: 256,
	},
	{
		name: "cloud-hypervisor", about: "Cloud Hypervisor: no merged buffers, no indirect descriptors",
		source: "Cloud Hypervisor virtio-devices/src/net.rs",
		features: offloads.With(virtionet.CtrlGuestOffloads, virtionet.MTU, virtionet.MAC, virtionet.GuestECN, virtionet.HostECN, virtionet.Status,
			virtionet.CtrlVQ, virtionet.GuestAnnounce, virtio.EventIdx, virtio.Version1),
		disableLegacy: true, vectors: 4, queueSize: 256, mtu: 1500,
	},
	{
		name: "crosvm", about: "crosvm: IPv4 segmentation only, no merged buffers",
		source: "crosvm devices/src/virtio/net.rs",
		features: offloads.Without(virtionet.GuestTSO6, virtionet.HostTSO6).With(virtionet.CtrlGuestOffloads, virtionet.MTU, virtionet.MAC,
			virtionet.CtrlVQ, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1),
		disableLegacy: true, vectors: 4, queueSize: 256, mtu: 1500,
	},
}

// setProfile gives n all that the profile says. AddDevice calls it before the setters of other properties, which thus override it.
func (n *NIC) setProfile(s string) error {
	if asksHelp(s) {
		return &Help{profileHelp()}
	}
	i := slices.IndexFunc(profiles, func(p profile) bool { return p.name == s })
	if i < 0 {
		return option.Unknown("profile", s, profileNames(), "")
	}
	p := profiles[i]
	if strings.HasSuffix(n.Kind, "-transitional") && (p.disableLegacy || p.disableModern) {
		return fmt.Errorf("is not transitional; use virtio-net-pci")
	}
	features := p.features
	n.Profile, n.HostFeatures, n.Exact, n.Follows, n.Pairs = s, &features, false, p.follows, p.pairs
	n.DisableLegacy, n.DisableModern = n.DisableLegacy || p.disableLegacy, p.disableModern
	n.Vectors, n.RXSize, n.TXSize, n.MTU, n.ROM = p.vectors, p.queueSize, p.queueSize, p.mtu, p.rom
	return nil
}

func profileNames() (names []string) {
	for _, p := range profiles {
		names = append(names, p.name)
	}
	return names
}

func profileHelp() string {
	var b strings.Builder
	fmt.Fprintln(&b, "profile= of virtio-net-pci, with all that it offers; other properties override it:")
	for _, p := range profiles {
		fmt.Fprintf(&b, "  %-17s %-19s %-12s %s\n%51s (%s)\n", p.name, fmt.Sprintf("0x%x", p.features[0]), p.mode(), p.about, "", p.source)
	}
	return b.String()
}

// mode is the face, or both, that drivers see.
func (p *profile) mode() string {
	switch {
	case p.disableLegacy:
		return "modern"
	case p.disableModern:
		return "legacy"
	}
	return "transitional"
}
