package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var nicConfigSentences = []sentence{
	described("5.1.2", everywhere, "has receiveq1, transmitq1 and controlq as queues 0, 1 and 2 for a driver without MQ", func(e *env) {
		n := e.nic(pairs(2))
		n.startNIC(CtrlVQ, CtrlRX)
		n.equal("queues", uint64(len(n.rings)), 3)
		n.obeyed(0, 0, 1)
		n.works()
	}),
	described("5.1.2", everywhere, "has N pairs of queues and then controlq for a driver with MQ", func(e *env) {
		n := e.nic(pairs(3))
		n.startNIC(CtrlVQ, CtrlRX, MQ)
		n.equal("queues", uint64(len(n.rings)), 7)
		n.obeyed(0, 0, 1)
	}),
	described("5.1.2", everywhere, "has controlq only with CTRL_VQ", func(e *env) {
		n := e.nic(without(CtrlVQ))
		n.negotiate(virtio.Features{})
		n.selectQueue(2)
		n.equal("queue_size of queue 2", uint64(n.queueSize()), 64)
	}).deviates("the queue is there whatever is offered"),
	prerequisite("offers GUEST_TSO4, GUEST_TSO6, GUEST_UFO, GUEST_USO4 and GUEST_USO6 only with GUEST_CSUM", GuestTSO4, GuestTSO6, GuestUFO, GuestUSO4, GuestUSO6),
	prerequisite("offers GUEST_ECN only with GUEST_TSO4 or GUEST_TSO6", GuestECN),
	prerequisite("offers HOST_TSO4, HOST_TSO6, HOST_UFO and HOST_USO only with CSUM", HostTSO4, HostTSO6, HostUFO, HostUSO),
	prerequisite("offers HOST_ECN only with HOST_TSO4 or HOST_TSO6", HostECN),
	must("5.1.3.1", everywhere, "offers CTRL_RX, CTRL_VLAN, GUEST_ANNOUNCE, MQ and CTRL_MAC_ADDR with CTRL_VQ", func(e *env) {
		f := e.nic(pairs(2)).offered()
		if want := virtio.FeaturesOf(CtrlVQ, CtrlRX, CtrlVLAN, GuestAnnounce, MQ, CtrlMACAddr); want.Minus(f) != (virtio.Features{}) {
			e.Errorf("not offered: %v", want.Minus(f))
		}
	}),
	must("5.1.3.1", everywhere, "offers none of them if CTRL_VQ is switched off", func(e *env) {
		f := e.nic(without(CtrlVQ)).offered()
		if f.Has(CtrlVQ) || !f.Has(CtrlRX) {
			e.Errorf("offered: %v", f)
		}
	}).deviates("a property of the command line switches its own bit and no other; by default CTRL_VQ is on"),
	must("5.1.4.1", everywhere, "has 1 to 0x8000 in max_virtqueue_pairs if it offers MQ", func(e *env) {
		for _, p := range []int{2, 3, 64} {
			n := e.nic(pairs(p))
			n.equal("max_virtqueue_pairs", n.deviceConfig(configMaxPairs, 2), uint64(p))
		}
	}),
	must("5.1.4.1", everywhere, "has 68 to 65535 in mtu if it offers MTU", func(e *env) {
		for _, v := range []uint16{68, 1500, 65535} {
			n := e.nic(mtu(v))
			n.equal("mtu", n.deviceConfig(configMTU, 2), uint64(v))
		}
		netdev, _, err := net.Pipe(0, 1)
		if err != nil {
			e.Fatal(err)
		}
		defer netdev.Close()
		if _, err := New(Config{Netdev: netdev, MTU: 67}); err == nil {
			e.Error("an MTU of 67 is possible")
		}
	}),
	should("5.1.4.1", everywhere, "has at least 1280 in mtu if it offers MTU", func(e *env) {
		n := e.nic(mtu(68))
		n.equal("mtu", n.deviceConfig(configMTU, 2), 68)
	}).deviates("host_mtu is what the user asks for"),
	must("5.1.4.1", everywhere, "never changes mtu", func(e *env) {
		n := e.nic(mtu(1400))
		for range 2 {
			n.startNIC(MTU)
			n.setDeviceConfig(configMTU, 2, 9000)
			n.works()
			n.equal("mtu", n.deviceConfig(configMTU, 2), 1400)
		}
	}),
	must("5.1.4.1", everywhere, "with MTU passes on no received frame that is longer than mtu and an Ethernet header", func(e *env) {
		n := e.nic(mtu(1400))
		n.startNIC(MTU, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(nil, frame(1400+14, 1))
		n.receives(r, frame(1400+14, 1))
		n.send(nil, frame(1400+14+4+1, 2)) // a VLAN tag is part of the header
		n.send(nil, frame(60, 3))
		n.receives(r, frame(60, 3))
	}),
	must("5.1.4.1", everywhere, "with MTU forwards a frame of mtu and an Ethernet header in one piece", func(e *env) {
		n := e.nic(mtu(9000))
		n.startNIC(MTU)
		n.transmit(frame(9014, 1))
		n.arrives(frame(9014, 1))
	}),
	must("5.1.4.1", modern, "with SPEED_DUPLEX has the speed in Mb/s, or all ones for unknown", func(e *env) {
		for _, speed := range []int32{0, 10000, 0x7fffffff, -1} {
			n := e.nic(with(SpeedDuplex), func(c *nicConfig) { c.device.Speed = speed })
			n.equal("speed", n.deviceConfig(configSpeed, 4), uint64(uint32(speed)))
		}
	}),
	must("5.1.4.1", modern, "with SPEED_DUPLEX has 0, 1 or 0xff in duplex", func(e *env) {
		for _, d := range []Duplex{HalfDuplex, FullDuplex, UnknownDuplex} {
			n := e.nic(with(SpeedDuplex), func(c *nicConfig) { c.device.Duplex = d })
			if v := n.deviceConfig(configDuplex, 1); v != 0 && v != 1 && v != 0xff {
				e.Errorf("duplex %d", v)
			}
		}
	}),
	must("5.1.4.1", modern, "has 0 in duplex for full, and 1 for half", func(e *env) {
		n := e.nic(with(SpeedDuplex), func(c *nicConfig) { c.device.Duplex = FullDuplex })
		n.equal("full duplex", n.deviceConfig(configDuplex, 1), 1)
	}).deviates("the sentence has the two the wrong way round: they are Linux's DUPLEX_HALF (0) and DUPLEX_FULL (1) everywhere"),
	should("5.1.4.1", modern, "with SPEED_DUPLEX and STATUS keeps speed and duplex while the link is up", func(e *env) {
		n := e.nic(with(SpeedDuplex), func(c *nicConfig) { c.device.Speed, c.device.Duplex = 1000, FullDuplex })
		n.startNIC(SpeedDuplex, Status)
		n.setDeviceConfig(configSpeed, 4, 10)
		n.setDeviceConfig(configDuplex, 1, 0)
		n.works()
		n.equal("speed", n.deviceConfig(configSpeed, 4), 1000)
		n.equal("duplex", n.deviceConfig(configDuplex, 1), 1)
	}),
	should("5.1.4.1", everywhere, "does not offer CTRL_RX_EXTRA without CTRL_VQ", func(e *env) {
		if f := e.nic(without(CtrlVQ)).offered(); !f.Has(CtrlRXExtra) {
			e.Errorf("offered: %v", f)
		}
	}).deviates("a property of the command line switches its own bit and no other; by default CTRL_VQ is on"),
	described("5.1.4", everywhere, "shows in status whether the link is up", func(e *env) {
		n := e.nic()
		n.startNIC(Status)
		for _, up := range []bool{false, true} {
			n.device.SetLink(up)
			if shown := n.deviceConfig(configStatus, 2)&linkUp != 0; shown != up {
				e.Errorf("LINK_UP: %v, want %v", shown, up)
			}
		}
	}),
	must("5.1.4.3", legacy, "has status and max_virtqueue_pairs in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic(pairs(2))
		n.equal("low byte of status", n.deviceConfig(configStatus, 1), linkUp)
		n.equal("low byte of max_virtqueue_pairs", n.deviceConfig(configMaxPairs, 1), 2)
	}),
	described("5.1.4.3", legacy, "lets a driver without CTRL_MAC_ADDR write mac, and filters by it", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		r := n.receiver(virtiotest.LinuxSmall)
		for i, b := range otherMAC {
			n.setDeviceConfig(configMAC+uint64(i), 1, uint64(b))
		}
		n.obeyed(rxClass, rxPromisc, 0)
		n.lets(r, otherMAC, broadcast)
		n.stops(r, ownMAC, broadcast)
	}),
	described("5.1.4", modern, "does not let a driver write mac", func(e *env) {
		n := e.nic()
		n.setDeviceConfig(configMAC, 1, 2)
		n.startNIC()
		n.setDeviceConfig(configMAC, 1, 2)
		n.equal("mac", n.deviceConfig(configMAC, 1), uint64(ownMAC[0]))
	}),
	untested("5.1.4.1", mayWord, "with STANDBY stands by for a primary device of the same address", "that is the guest's doing; the device is the same"),
}

// prerequisite is a line of 5.1.3.1, for hosts that can do any subset of the offloads.
func prerequisite(text string, bits ...virtio.Feature) sentence {
	return must("5.1.3.1", everywhere, text, func(e *env) {
		offered := false
		for o := range allOffloads + 1 {
			f := e.nic(can(o), everyProperty).offered()
			for _, bit := range bits {
				if offered = offered || f.Has(bit); f.Has(bit) && f.And(virtio.FeaturesOf(prerequisites[bit]...)) == (virtio.Features{}) {
					e.Errorf("bit %d on a host that can do %v", bit, o)
				}
			}
		}
		if !offered && bits[0] < 32 {
			e.Error("none is offered on any host")
		}
	})
}
