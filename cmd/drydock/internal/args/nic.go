package args

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
)

// NIC is one -device virtio-net-pci with QEMU's properties and defaults.
type NIC struct {
	Function
	Netdev         string
	MAC            *net.MAC // nil: the next of QEMU's
	MQ             bool
	MTU            uint16
	Speed          int32
	Duplex         string
	RXSize, TXSize uint16
	TXBurst        int // 0: the default
}

func newNIC(kind string) Device {
	n := &NIC{Function: newFunction(kind), Speed: -1, RXSize: 256, TXSize: 256}
	n.ROM = true
	return n
}

// absent are QEMU's switches for bits that this device does not have yet: off is what they are.
var absent = []string{"hash", "rss", "guest_rsc_ext", "failover"}

// ignored are QEMU's properties that change nothing that a guest of this machine sees.
var ignored = []string{"tx", "x-txtimer", "rsc_interval", "x-mtu-bypass-backend"}

func (n *NIC) props() option.Props {
	p := n.Function.props()
	for _, s := range virtionet.Properties() {
		p[s.Name] = n.setSwitch(s.Feature)
	}
	for _, name := range absent {
		p[name] = mustBe(false)
	}
	for _, name := range ignored {
		p[name] = option.Ignored
	}
	p["netdev"], p["mac"], p["mq"] = option.ToString(&n.Netdev), n.setMAC, option.ToBool(&n.MQ)
	p["host_mtu"], p["speed"], p["duplex"] = option.ToUint(&n.MTU, 16), n.setSpeed, option.OneOf(&n.Duplex, "half", "full")
	p["rx_queue_size"], p["tx_queue_size"] = option.To(&n.RXSize, queueSize), option.To(&n.TXSize, queueSize)
	p["x-txburst"] = option.ToUint(&n.TXBurst, 31)
	return p
}

func (n *NIC) check(m *Machine) error {
	if err := n.Function.check(); err != nil || n.Netdev == "" {
		return err
	}
	if m.netdev(n.Netdev) == nil {
		return fmt.Errorf("-device %s: netdev=%s: there is no -netdev with that id", n.Kind, n.Netdev)
	}
	if slices.ContainsFunc(m.NICs, func(o *NIC) bool { return o.Netdev == n.Netdev }) {
		return fmt.Errorf("-device %s: netdev=%s: it is in use by another -device; each needs a -netdev of its own", n.Kind, n.Netdev)
	}
	return nil
}

func (n *NIC) setMAC(s string) error {
	mac, err := net.ParseMAC(s)
	n.MAC = &mac
	return err
}

func (n *NIC) setSpeed(s string) error {
	v, err := option.Uint(s, 31)
	n.Speed = int32(v)
	return err
}

// queueSize is QEMU's rule for rx_queue_size and tx_queue_size.
func queueSize(s string) (uint16, error) {
	v, err := option.Uint(s, 16)
	if err == nil && (v < 256 || v > 1024 || v&(v-1) != 0) {
		err = fmt.Errorf("a queue size must be a power of 2 between 256 and 1024")
	}
	return uint16(v), err
}

// addDefaultNIC adds what QEMU adds where nothing is said of a network: a NIC on the user network. A qtest has no use for it.
func (m *Machine) addDefaultNIC() {
	if m.NoDefaults || m.Kind == "none" || m.Accel == "qtest" || len(m.Lists["netdev"]) > 0 || m.hasNIC() {
		return
	}
	const id = "default"
	m.Lists["netdev"] = []option.List{{{Key: "type", Value: "user"}, {Key: "id", Value: id}}}
	m.Lists["device"] = append(m.Lists["device"], option.List{{Key: "driver", Value: "virtio-net-pci"}, {Key: "netdev", Value: id}})
}

func (m *Machine) hasNIC() bool {
	return slices.ContainsFunc(m.Lists["device"], func(l option.List) bool {
		kind, _ := l.Get("driver")
		return strings.HasPrefix(kind, "virtio-net-")
	})
}
