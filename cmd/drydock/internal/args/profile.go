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
	features      virtio.Features
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

// profiles are in the order of the help. Where facts are from:
//   - alicloud: the number that NetKVM printed in virtio-win/kvm-guest-drivers-windows#1078. It shows a modern driver bits of the
//     legacy interface (6, 27, 30), and ACCESS_PLATFORM, which no transitional device has.
//   - qemu-*: measured with 7.2, for the others what hw/core/machine.c takes away from or gives to old machine types: modern mode since
//     2.7, RING_RESET since 7.2, 3 vectors up to 5.2; USO since 8.2.
//   - vhost-net: VHOST_NET_FEATURES of Linux, drivers/vhost/net.c, has no RING_RESET; other bits are QEMU's.
//   - firecracker: Net::new_with_tap. cloud-hypervisor, crosvm: their virtio net.rs; one vector a queue and one for configuration.
var profiles = []profile{
	{
		name: "alicloud", about: "a cloud's hardware with 16 queue pairs, no EVENT_IDX, no CTRL_GUEST_OFFLOADS",
		features: virtio.Features{0x1035867ffe3}, disableLegacy: true, pairs: 16, vectors: -1, queueSize: 256,
	},
	{
		name: "qemu-2.6", about: "QEMU 2.0 to 2.6: legacy only",
		features: virtio.Features{0x79bfffe7}, disableModern: true, vectors: 3, queueSize: 256, rom: true,
	},
	{
		name: "qemu-4.2", about: "QEMU 2.8 to 5.2: transitional, 3 vectors",
		features: virtio.Features{0x179bfffe7}, vectors: 3, queueSize: 256, rom: true,
	},
	{
		name: "qemu-7.2", about: "QEMU 7.2 to 8.1: what is made without a profile",
		features: virtio.Features{0x10179bfffe7}, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "qemu-10.0", about: "QEMU 8.2 to 10.0: UDP segmentation offload",
		features: virtio.Features{0x01c0010179bfffe7}, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "vhost-net", about: "QEMU 7.2 with vhost=on, on Linux's vhost-net",
		features: virtio.Features{0x179bfffe7}, vectors: -1, queueSize: 256, rom: true,
	},
	{
		name: "firecracker", about: "Firecracker on PCI: merged buffers, no control queue offered, no indirect descriptors",
		features:      offloads.With(virtionet.MAC, virtionet.MrgRxbuf, virtio.EventIdx, virtio.Version1),
		disableLegacy: true, vectors: 3, queueSize: 256,
	},
	{
		name: "cloud-hypervisor", about: "Cloud Hypervisor: no merged buffers, no indirect descriptors",
		features: offloads.With(virtionet.CtrlGuestOffloads, virtionet.MTU, virtionet.MAC, virtionet.GuestECN, virtionet.HostECN, virtionet.Status,
			virtionet.CtrlVQ, virtionet.GuestAnnounce, virtio.EventIdx, virtio.Version1),
		disableLegacy: true, vectors: 4, queueSize: 256, mtu: 1500,
	},
	{
		name: "crosvm", about: "crosvm: IPv4 segmentation only, no merged buffers",
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
	n.Profile, n.HostFeatures, n.Exact, n.Pairs = s, &features, false, p.pairs
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
	fmt.Fprintln(&b, "profile= of virtio-net-pci; other properties override it:")
	for _, p := range profiles {
		fmt.Fprintf(&b, "  %-17s %-16s %s\n", p.name, fmt.Sprintf("0x%x", p.features[0]), p.about)
	}
	return b.String()
}
