package args

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// NIC is one -device virtio-net-pci with QEMU's properties and defaults.
type NIC struct {
	Function
	Netdev         string
	MAC            *net.MAC // nil: the next of QEMU's
	MTU            uint16
	Speed          int32 // -1: unknown
	Duplex         string
	RXSize, TXSize uint16
	AnySize        bool          // ours: the sizes need not be QEMU's
	RSCInterval    time.Duration // 0: the default
	TXBurst        int           // 0: the default
	TX             string        // as written: every word means bh here
	Profile        string        // ours: the device of the field that it is like; "" for none
	Follows        bool          // the profile's device offers no more than its netdev can
	Pairs          int           // that the profile's device has; 0: as many as the netdev
}

func newNIC(kind string) Device {
	n := &NIC{Function: newFunction(kind), Speed: -1, RXSize: defaultQueueSize, TXSize: defaultQueueSize}
	n.ROM = true
	return n
}

// Queue sizes of QEMU's: VIRTIO_NET_RX_QUEUE_MIN_SIZE, its default, VIRTQUEUE_MAX_SIZE; and the specification's greatest.
const (
	defaultQueueSize = 256
	minQueueSize     = 256
	maxQueueSize     = 1024
	largestQueueSize = 32768
)

// absent are switches of the newest QEMU for bits that this device does not have: off is what they are.
var absent = []string{"guest_tunnel", "guest_tunnel_csum", "host_tunnel", "host_tunnel_csum"}

func (n *NIC) props() option.Props {
	p := n.Function.props()
	for _, name := range absent {
		p[name] = mustBe(false)
	}
	for _, s := range virtionet.Properties() {
		p[s.Name] = n.setSwitch(s.Feature)
	}
	p["mq"] = n.setSwitch(virtionet.MQ)
	p["netdev"], p["mac"] = n.setNetdev, n.setMAC
	p["host_mtu"], p["speed"], p["duplex"] = option.ToUint(&n.MTU, 16), n.setSpeed, option.OneOf(&n.Duplex, "half", "full")
	p["rx_queue_size"], p["tx_queue_size"], p["any_queue_size"] = option.ToUint(&n.RXSize, 16), option.ToUint(&n.TXSize, 16), option.ToBool(&n.AnySize)
	p["rsc_interval"], p["x-txburst"] = n.setRSCInterval, n.setTXBurst
	p["x-txtimer"], p["x-mtu-bypass-backend"] = ignoredNumber, ignoredSwitch // a timer for tx=timer; vhost
	p["tx"] = option.ToString(&n.TX)
	p["failover_pair_id"] = onlyEmpty
	p["profile"] = n.setProfile
	return p
}

func (n *NIC) check(m *Machine) error {
	if err := n.Function.check(); err != nil {
		return err
	}
	if err := n.checkSizes(); err != nil {
		return fmt.Errorf("-device %s: %w", n.Kind, err)
	}
	if n.HostFeatures != nil || n.GuestFeatures != nil {
		if !n.Offer(virtio.FeaturesOf(virtionet.MAC)).Has(virtionet.MAC) {
			return fmt.Errorf("-device %s: host_features, guest_features: bit 5 (MAC) cannot be left out", n.Kind)
		}
	}
	return n.checkNetdev(m)
}

// checkSizes is QEMU's rule, whose transmit queues of more than 256 are for vhost-user and vhost-vdpa (virtio_net_max_tx_queue_size):
// elsewhere it makes them 256 and says nothing.
func (n *NIC) checkSizes() error {
	for _, q := range []struct {
		name string
		size uint16
	}{{"rx_queue_size", n.RXSize}, {"tx_queue_size", n.TXSize}} {
		switch {
		case n.AnySize && (q.size < 1 || q.size > largestQueueSize):
			return fmt.Errorf("invalid %s (= %d), must be between 1 and %d", q.name, q.size, largestQueueSize)
		case n.AnySize:
		case q.size < minQueueSize || q.size > maxQueueSize || q.size&(q.size-1) != 0:
			return fmt.Errorf("invalid %s (= %d), must be a power of 2 between %d and %d", q.name, q.size, minQueueSize, maxQueueSize)
		}
	}
	if !n.AnySize {
		n.TXSize = min(n.TXSize, defaultQueueSize)
	}
	return nil
}

func (n *NIC) checkNetdev(m *Machine) error {
	switch {
	case n.Netdev == "":
		return nil
	case m.netdev(n.Netdev) == nil:
		return fmt.Errorf("-device %s: netdev=%s: there is no -netdev with that id", n.Kind, n.Netdev)
	case slices.ContainsFunc(m.NICs, func(o *NIC) bool { return o.Netdev == n.Netdev }):
		return fmt.Errorf("-device %s: netdev=%s: it is in use by another -device; each needs a -netdev of its own", n.Kind, n.Netdev)
	}
	return nil
}

func (n *NIC) setNetdev(s string) error {
	if s == "" {
		return errors.New("there is no -netdev with that id; leave it out for a NIC that is not connected")
	}
	n.Netdev = s
	return nil
}

func (n *NIC) setMAC(s string) error {
	mac, err := net.ParseMAC(s)
	n.MAC = &mac
	return err
}

func (n *NIC) setSpeed(s string) error {
	v, err := option.Int(s, 32)
	if err == nil && v < -1 {
		err = errors.New("write Mb/s, or -1 for unknown")
	}
	n.Speed = int32(v)
	return err
}

// setRSCInterval takes nanoseconds.
func (n *NIC) setRSCInterval(s string) error {
	v, err := option.Uint(s, 32)
	n.RSCInterval = time.Duration(v)
	return err
}

func (n *NIC) setTXBurst(s string) error {
	v, err := option.Int(s, 32)
	if err == nil && v <= 0 {
		err = errors.New("write how many frames, at least 1")
	}
	n.TXBurst = int(v)
	return err
}
