package assemble

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm"
)

// A NIC is one that was made.
type NIC struct {
	*virtionet.Device
	MAC  net.MAC
	Link string // kind of its netdev; empty if nothing is connected
}

// nic makes the n-th NIC, on its netdev.
func (a *Assembly) nic(n int, c args.NIC) error {
	nd, ok := a.netdevs[c.Netdev]
	if !ok { // QEMU warns that nothing is connected, and goes on
		null, err := net.NewNull()
		if err != nil {
			return err
		}
		a.closing(null.Close)
		nd = null
	}
	mac := net.DefaultMAC(n)
	if c.MAC != nil {
		mac = *c.MAC
	}
	dev, err := virtionet.New(virtionet.Config{
		Netdev: nd, MAC: mac, Features: offered(nd, c), MQ: c.MQ, MTU: c.MTU, Speed: c.Speed, Duplex: duplex(c.Duplex),
		RXQueueSize: c.RXSize, TXQueueSize: c.TXSize, TXBurst: c.TXBurst, Log: a.log,
	})
	if err != nil {
		return fmt.Errorf("-device %s: %w", c.Kind, err)
	}
	a.NICs = append(a.NICs, NIC{dev, mac, a.kinds[c.Netdev]})
	vectors := c.Vectors
	if vectors < 0 {
		vectors = 2*len(nd.Links()) + 2 // whether or not mq=on (QEMU: virtio_net_pci_realize)
	}
	a.Config.Devices = append(a.Config.Devices, vmm.Device{
		Device: dev, Slot: c.Slot, DisableLegacy: c.DisableLegacy, DisableModern: c.DisableModern, ModernPIONotify: c.ModernPIO,
		PagePerVQ: c.PagePerVQ, IOEventFD: c.IOEventFD, ROM: c.ROM, Vectors: vectors,
	})
	return nil
}

// offered is what QEMU offers on this netdev, changed as the command line says.
func offered(nd net.Netdev, c args.NIC) virtio.Features {
	f := virtionet.DefaultFeatures(nd)
	for bit, on := range c.Switched {
		if on {
			f = f.With(bit)
		} else {
			f = f.Without(bit)
		}
	}
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
