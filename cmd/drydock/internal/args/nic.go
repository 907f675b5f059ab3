package args

import (
	"errors"
	"fmt"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// NIC is one -device virtio-net-pci with QEMU's properties and defaults.
type NIC struct {
	Kind, ID, Netdev string
	MAC              *net.MAC // nil: the next of QEMU's
	Slot             int      // -1: the next free one

	DisableLegacy  bool
	DisableModern  bool
	PagePerVQ      bool
	ModernPIO      bool
	IOEventFD      bool
	ROM            bool
	Vectors        int                     // -1: as many as the queues want
	Switched       map[virtio.Feature]bool // feature bits that the command line turns on or off
	MQ             bool
	MTU            uint16
	Speed          int32
	Duplex         string
	RXSize, TXSize uint16
	TXBurst        int // 0: the default
}

// absent are QEMU's switches for bits that this device does not have yet: off is what they are.
var absent = []string{"packed", "hash", "rss", "guest_rsc_ext", "failover", "iommu_platform", "ats", "aer", "in_order",
	"notification_data", "multifunction"}

// ignored are QEMU's properties that change nothing that a guest of this machine sees.
var ignored = []string{"tx", "x-txtimer", "bootindex", "acpi-index", "use-started", "use-disabled-flag", "migrate-extra", "rsc_interval",
	"romsize", "x-disable-pcie", "x-disable-legacy-check", "x-mtu-bypass-backend", "virtio-pci-bus-master-bug-migration", "bus"}

func (m *Machine) addNIC(kind string, l option.List) error {
	n := NIC{Kind: kind, Slot: -1, Vectors: -1, IOEventFD: true, ROM: true, Speed: -1, RXSize: 256, TXSize: 256,
		Switched: map[virtio.Feature]bool{}}
	if err := l.Decode("-device "+kind, n.props()); err != nil {
		return err
	}
	n.DisableLegacy = n.DisableLegacy || strings.HasSuffix(kind, "-non-transitional")
	if n.DisableLegacy && n.DisableModern {
		return fmt.Errorf("-device %s: device cannot work as neither modern nor legacy mode is enabled; set disable-modern or disable-legacy to off", kind)
	}
	m.NICs = append(m.NICs, n)
	return nil
}

func (n *NIC) props() option.Props {
	p := option.Props{
		"id": option.ToString(&n.ID), "netdev": option.ToString(&n.Netdev), "mac": n.setMAC, "addr": n.setSlot,
		"page-per-vq": option.ToBool(&n.PagePerVQ), "modern-pio-notify": option.ToBool(&n.ModernPIO), "ioeventfd": option.ToBool(&n.IOEventFD),
		"rombar": n.setROMBar, "romfile": n.setROMFile, "vectors": option.ToUint(&n.Vectors, 11),
		"host_mtu": option.ToUint(&n.MTU, 16), "speed": n.setSpeed, "duplex": option.OneOf(&n.Duplex, "half", "full"),
		"rx_queue_size": option.To(&n.RXSize, queueSize), "tx_queue_size": option.To(&n.TXSize, queueSize), "x-txburst": option.ToUint(&n.TXBurst, 31),
	}
	if n.Kind == "virtio-net-pci" { // the other two types have their modes in their names
		p["disable-legacy"] = n.setDisableLegacy
		p["disable-modern"] = option.ToBool(&n.DisableModern)
	}
	for _, s := range virtionet.Properties() {
		p[s.Name] = n.setSwitch(s.Feature)
	}
	p["mq"] = option.ToBool(&n.MQ)
	for _, name := range absent {
		p[name] = onlyOff
	}
	for _, name := range ignored {
		p[name] = option.Ignored
	}
	return p
}

func (n *NIC) setSwitch(bit virtio.Feature) func(string) error {
	return func(s string) error {
		on, err := option.Bool(s)
		n.Switched[bit] = on
		return err
	}
}

func onlyOff(s string) error {
	on, err := option.Bool(s)
	if err == nil && on {
		return fmt.Errorf("this device does not have it; leave it off")
	}
	return err
}

func (n *NIC) setDisableLegacy(s string) (err error) {
	if s == "auto" { // off on an i440FX machine, which has no PCI Express port
		n.DisableLegacy = false
		return nil
	}
	n.DisableLegacy, err = option.Bool(s)
	return err
}

func (n *NIC) setMAC(s string) error {
	mac, err := net.ParseMAC(s)
	n.MAC = &mac
	return err
}

func (n *NIC) setSlot(s string) error {
	slot, fn, err := option.Slot(s)
	if err == nil && fn != 0 {
		err = fmt.Errorf("function %d: only function 0 of a slot can be taken", fn)
	}
	n.Slot = slot
	return err
}

func (n *NIC) setROMFile(s string) error {
	if s != "" {
		return fmt.Errorf("option ROMs cannot be given; leave it out, or empty for none")
	}
	n.ROM = false
	return nil
}

func (n *NIC) setROMBar(s string) error {
	v, err := option.Uint(s, 32)
	n.ROM = n.ROM && v != 0
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

// AddDefaultNIC adds a transitional NIC on a user network.
func (m *Machine) AddDefaultNIC() {
	const id = "default"
	err := errors.Join(m.addNetdev("user,id="+id), m.addDevice("virtio-net-pci,netdev="+id))
	if err != nil {
		panic(err) // our own words
	}
}
