package assemble

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/featname"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// A NIC is one that was made.
type NIC struct {
	*virtionet.Device
	MAC  net.MAC
	Link string // kind of its netdev; empty if nothing is connected
	ID   string
}

// nic makes a NIC, on its netdev.
func (a *Assembly) nic(c *args.NIC) (p part, err error) {
	nd, ok := a.netdevs[c.Netdev]
	if !ok { // QEMU warns that nothing is connected, and goes on
		if nd.Netdev, err = net.NewNull(); err != nil {
			return p, err
		}
		p.close = nd.Close
	}
	dev, mac, err := a.card(nd.Netdev, c)
	if err != nil {
		err = fmt.Errorf("-device %s: %w", c.Kind, err)
		if !ok {
			err = errors.Join(err, nd.Close())
		}
		return p, err
	}
	a.NICs = append(a.NICs, NIC{dev, mac, nd.kind, c.ID})
	p.at, p.dev = c.Function, dev
	p.at.Vectors = c.VectorsOr(2*len(nd.Links()) + 2) // whether or not mq=on (QEMU: virtio_net_pci_realize)
	return p, nil
}

// card makes the device itself, and says what of a profile this netdev cannot give.
func (a *Assembly) card(nd net.Netdev, c *args.NIC) (*virtionet.Device, net.MAC, error) {
	mac := a.freeMAC()
	if c.MAC != nil {
		mac = *c.MAC
	}
	if c.TX != "" && c.TX != "timer" && c.TX != "bh" { // as QEMU (virtio_net_device_realize)
		a.log.Warn().Msgf("-device %s: tx=%s is neither timer nor bh; it counts as bh", c.Kind, c.TX)
	}
	want := offered(nd, c)
	dev, err := virtionet.New(virtionet.Config{
		Netdev: nd, MAC: mac, Features: want, MQ: want.Has(virtionet.MQ), MTU: mtu(want, c.MTU), Speed: c.Speed, Duplex: duplex(c.Duplex),
		ShowLegacyBits: c.HostFeatures != nil && c.DisableLegacy, // an exact set, and nowhere else to be seen
		RXQueueSize:    c.RXSize, TXQueueSize: c.TXSize, AnyQueueSize: c.AnySize, RSCInterval: c.RSCInterval, TXBurst: c.TXBurst, Log: a.log,
	})
	if err != nil || c.Profile == "" || c.Exact || c.Follows {
		return dev, mac, err
	}
	info := dev.Info()
	lost := want.Minus(info.Features).Minus(info.Legacy)
	if less := lessThan(c.Pairs, len(nd.Links()), info.ID, lost); len(less) > 0 {
		a.log.Warn().Msgf("-device %s: profile=%s: this netdev %s", c.Kind, c.Profile, strings.Join(less, ", and "))
	}
	return dev, mac, nil
}

// lessThan says what a netdev does not have of a profile's device.
func lessThan(pairs, have int, deviceID uint16, lost virtio.Features) (less []string) {
	if pairs > have {
		less = append(less, fmt.Sprintf("has %d queue pairs of the %d of such a device", have, pairs))
	}
	if lost != (virtio.Features{}) {
		less = append(less, "cannot do "+featname.Short(deviceID, lost))
	}
	return less
}

// mtu is the MTU to tell of, which must be there where it is offered.
func mtu(offered virtio.Features, given uint16) uint16 {
	const ethernet = 1500
	if given == 0 && offered.Has(virtionet.MTU) {
		return ethernet
	}
	return given
}

// freeMAC is the first of QEMU's addresses that no NIC made before has (qemu_macaddr_default_if_unset).
func (a *Assembly) freeMAC() net.MAC {
	for n := 0; ; n++ {
		mac := net.DefaultMAC(n)
		taken := slices.ContainsFunc(a.NICs, func(o NIC) bool { return o.MAC == mac })
		if !taken {
			return mac
		}
	}
}

// offered is what QEMU offers on this netdev, changed as the command line says.
func offered(nd net.Netdev, c *args.NIC) virtio.Features {
	f := c.Offer(virtionet.DefaultFeatures(nd))
	if c.Speed >= 0 || c.Duplex != "" {
		f = f.With(virtionet.SpeedDuplex)
	}
	return f
}

func duplex(s string) virtionet.Duplex {
	switch s {
	case "half":
		return virtionet.HalfDuplex
	case "full":
		return virtionet.FullDuplex
	}
	return virtionet.UnknownDuplex
}
