package virtionet

import (
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// Feature bits of a network device (5.1.3), named as the specification names them without VIRTIO_NET_F_.
const (
	Csum              virtio.Feature = 0
	GuestCsum         virtio.Feature = 1
	CtrlGuestOffloads virtio.Feature = 2
	MTU               virtio.Feature = 3
	MAC               virtio.Feature = 5
	GSO               virtio.Feature = 6 // legacy only (5.1.3.2): HOST_TSO4, HOST_TSO6 and HOST_ECN in one
	GuestTSO4         virtio.Feature = 7
	GuestTSO6         virtio.Feature = 8
	GuestECN          virtio.Feature = 9
	GuestUFO          virtio.Feature = 10
	HostTSO4          virtio.Feature = 11
	HostTSO6          virtio.Feature = 12
	HostECN           virtio.Feature = 13
	HostUFO           virtio.Feature = 14
	MrgRxbuf          virtio.Feature = 15
	Status            virtio.Feature = 16
	CtrlVQ            virtio.Feature = 17
	CtrlRX            virtio.Feature = 18
	CtrlVLAN          virtio.Feature = 19
	CtrlRXExtra       virtio.Feature = 20
	GuestAnnounce     virtio.Feature = 21
	MQ                virtio.Feature = 22
	CtrlMACAddr       virtio.Feature = 23
	GuestUSO4         virtio.Feature = 54
	GuestUSO6         virtio.Feature = 55
	HostUSO           virtio.Feature = 56
	HashReport        virtio.Feature = 57
	GuestHdrlen       virtio.Feature = 59
	RSS               virtio.Feature = 60
	RscExt            virtio.Feature = 61
	Standby           virtio.Feature = 62
	SpeedDuplex       virtio.Feature = 63
)

// always are the bits that QEMU 7.2 offers by default whatever the netdev can do.
var always = virtio.FeaturesOf(
	CtrlGuestOffloads, MAC, GSO, MrgRxbuf, Status, CtrlVQ, CtrlRX, CtrlVLAN, CtrlRXExtra, GuestAnnounce, CtrlMACAddr,
	virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.IndirectDesc, virtio.EventIdx, virtio.BadFeature,
	virtio.Version1, virtio.RingReset)

// legacyOnly are the bits that a modern driver never sees (QEMU's legacy_features).
var legacyOnly = virtio.FeaturesOf(GSO, virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)

// badSet is what a legacy driver gets that acknowledges BAD_FEATURE (QEMU's virtio_net_bad_features).
var badSet = virtio.FeaturesOf(MAC, Csum, HostTSO4, HostTSO6, HostECN)

// known are all the bits of a network device that this one can keep its word for.
var known = always.Or(offloadFeatures(^net.Offload(0))).With(MTU, MQ, SpeedDuplex, HashReport, RSS, RscExt, Standby)

// foreign are the bits whose meaning is not a network device's: those of rings and transports (chapter 6).
var foreign = func() (f virtio.Features) {
	for bit := virtio.NotifyOnEmpty; bit <= virtio.RingReset+9; bit++ {
		f = f.With(bit)
	}
	return f
}()

// offloads ties what a netdev can carry to the feature bits that need it. The guest's side of each (GUEST_*) is also what
// SetOffload is told.
var offloads = []struct {
	can         net.Offload
	guest, host virtio.Feature
}{
	{net.OffloadCsum, GuestCsum, Csum},
	{net.OffloadTSO4, GuestTSO4, HostTSO4},
	{net.OffloadTSO6, GuestTSO6, HostTSO6},
	{net.OffloadECN, GuestECN, HostECN},
	{net.OffloadUFO, GuestUFO, HostUFO},
	{net.OffloadUSO4, GuestUSO4, HostUSO},
	{net.OffloadUSO6, GuestUSO6, HostUSO},
}

// unknown returns the lowest bit of f that only a network device could serve, and this one does not.
func unknown(f virtio.Features) (bit virtio.Feature, found bool) {
	f = f.Minus(known).Minus(foreign)
	for bit = 0; bit < 128; bit++ {
		if f.Has(bit) {
			return bit, true
		}
	}
	return 0, false
}

// DefaultFeatures is what QEMU 7.2 offers by default on such a netdev, bits of the legacy interface included. Take bits away
// or add some for Config.Features; MQ, MTU and what the netdev cannot do are New's business.
func DefaultFeatures(nd net.Netdev) virtio.Features {
	// USO is younger than 7.2.
	return always.Or(offloadFeatures(nd.Offloads())).Without(GuestUSO4, GuestUSO6, HostUSO)
}

// offloadFeatures are the bits of both directions that need no more than can.
func offloadFeatures(can net.Offload) virtio.Features {
	var has, lacks virtio.Features
	for _, o := range offloads {
		if can&net.OffloadCsum != 0 && can&o.can != 0 {
			has = has.With(o.guest, o.host)
		} else {
			lacks = lacks.With(o.guest, o.host)
		}
	}
	if can&(net.OffloadTSO4|net.OffloadTSO6) == 0 { // of which ECN is a kind (5.1.3.1)
		lacks = lacks.With(GuestECN, HostECN)
	}
	return has.Minus(lacks)
}

// offer is what a device of this configuration offers: what was asked for, without what the netdev cannot do. A hash needs
// room in the header of the netdev's frames (QEMU's virtio_net_get_features).
func (c *Config) offer() virtio.Features {
	f := c.asked()
	f = f.Minus(offloadFeatures(^net.Offload(0))).Or(f.And(offloadFeatures(c.Netdev.Offloads())))
	if c.Netdev.Offloads() == 0 {
		f = f.Without(HashReport)
	}
	return f
}

// asked are the bits that the user wants, of which the fields of the configuration space follow, too.
func (c *Config) asked() virtio.Features {
	f := c.Features.With(MAC)
	if c.MTU != 0 {
		f = f.With(MTU)
	}
	if c.MQ {
		f = f.With(MQ)
	}
	return f
}

// acceptedOffload is what a driver with these features accepts in frames that it receives. As in QEMU's
// tap_fd_set_offload, all of it needs checksums, and ECN needs TSO.
func acceptedOffload(f virtio.Features) (o net.Offload) {
	if !f.Has(GuestCsum) {
		return 0
	}
	for _, e := range offloads {
		if f.Has(e.guest) {
			o |= e.can
		}
	}
	if o&(net.OffloadTSO4|net.OffloadTSO6) == 0 {
		o &^= net.OffloadECN
	}
	return o
}
