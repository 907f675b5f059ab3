package args

import (
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

// The defaults that QEMU 7.2's help gives for virtio-net-pci, and those of what came later. Empty: a string without a default.
const nicDefaults = "acpi-index=0 aer=off any_layout=on ats=off bootindex=-1 csum=on ctrl_guest_offloads=on ctrl_mac_addr=on ctrl_rx=on " +
	"ctrl_rx_extra=on ctrl_vlan=on ctrl_vq=on event_idx=on failover=off failover_pair_id= gso=on guest_announce=on guest_csum=on guest_ecn=on " +
	"guest_rsc_ext=off guest_tso4=on guest_tso6=on guest_ufo=on hash=off host_ecn=on host_mtu=0 host_tso4=on host_tso6=on host_ufo=on " +
	"indirect_desc=on ioeventfd=on iommu_platform=off migrate-extra=on modern-pio-notify=off mq=off mrg_rxbuf=on multifunction=off " +
	"notify_on_empty=on packed=off page-per-vq=off queue_reset=on rombar=1 romsize=4294967295 rsc_interval=300000 rss=off " +
	"rx_queue_size=256 speed=-1 status=on tx= tx_queue_size=256 use-disabled-flag=on use-started=on vectors=4294967295 " +
	"virtio-pci-bus-master-bug-migration=off x-ats-page-aligned=on x-disable-legacy-check=off x-disable-pcie=off x-ignore-backend-features=off " +
	"x-mtu-bypass-backend=on x-pcie-deverr-init=on x-pcie-extcap-init=on x-pcie-flr-init=on x-pcie-lnkctl-init=on x-pcie-lnksta-dllla=on " +
	"x-pcie-pm-init=on x-txburst=256 x-txtimer=150000 guest_uso4=off guest_uso6=off host_uso=off in_order=off notification_data=off " +
	"host_tunnel=off guest_tunnel=off x-pcie-ari-nextfn-1=off"

func TestEveryPropertyOfQEMUsIsKnownInAllThreeTypesAndItsDefaultChangesNothing(t *testing.T) {
	for _, kind := range []string{"virtio-net-pci", "virtio-net-pci-transitional", "virtio-net-pci-non-transitional"} {
		def := newNIC(kind).(*NIC)
		offered := def.Offer(qemuOffer)
		for _, prop := range strings.Fields(nicDefaults) {
			m, _, err := parse(t, "-device "+kind+","+prop)
			if err != nil {
				t.Errorf("%s: %s: %v", kind, prop, err)
				continue
			}
			n := m.NICs[0]
			if got := n.Offer(qemuOffer); got != offered {
				t.Errorf("%s: %s offers %v more and %v less", kind, prop, got.Minus(offered), offered.Minus(got))
			}
			if n.Slot != def.Slot || n.Vectors != def.Vectors || n.Speed != def.Speed || n.RXSize != def.RXSize || n.TXSize != def.TXSize || n.ROM != def.ROM ||
				n.MTU != 0 || n.PagePerVQ || n.ModernPIO || !n.IOEventFD || n.DisableLegacy != def.DisableLegacy {
				t.Errorf("%s: %s: %+v", kind, prop, n)
			}
		}
	}
}

// qemuOffer is what QEMU 7.2 offers on a tap.
var qemuOffer = virtio.Features{0x10179bfffe7}

func TestASwitchIsItsOwnBitAndNoOther(t *testing.T) {
	for prop, bit := range map[string]virtio.Feature{
		"csum": 0, "guest_csum": 1, "ctrl_guest_offloads": 2, "gso": 6, "guest_tso4": 7, "guest_tso6": 8, "guest_ecn": 9, "guest_ufo": 10, "host_tso4": 11,
		"host_tso6": 12, "host_ecn": 13, "host_ufo": 14, "mrg_rxbuf": 15, "status": 16, "ctrl_vq": 17, "ctrl_rx": 18, "ctrl_vlan": 19, "ctrl_rx_extra": 20,
		"guest_announce": 21, "mq": 22, "ctrl_mac_addr": 23, "notify_on_empty": 24, "any_layout": 27, "indirect_desc": 28, "event_idx": 29,
		"packed": 34, "in_order": 35, "notification_data": 38, "queue_reset": 40, "guest_uso4": 54, "guest_uso6": 55, "host_uso": 56, "hash": 57, "rss": 60,
		"guest_rsc_ext": 61, "failover": 62,
	} {
		n := device(t, prop+"=off")
		if got, want := n.Offer(qemuOffer), qemuOffer.Without(bit); got != want {
			t.Errorf("%s=off: %v; want %v", prop, got, want)
		}
		n = device(t, prop+"=on")
		if got, want := n.Offer(qemuOffer), qemuOffer.With(bit); got != want {
			t.Errorf("%s=on: %v; want %v", prop, got, want)
		}
	}
}

// device is a virtio-net-pci of these properties.
func device(t *testing.T, props string) *NIC {
	t.Helper()
	m, _, err := parse(t, "-device virtio-net-pci,"+props)
	if err != nil {
		t.Fatal(err)
	}
	return m.NICs[0]
}

func TestNumbersOfANICAreAsWritten(t *testing.T) {
	n := device(t, "vectors=0,host_mtu=9000,speed=25000,duplex=half,rx_queue_size=1024,rsc_interval=5000,x-txburst=8,addr=1f,rombar=0")
	if n.Vectors != 0 || n.MTU != 9000 || n.Speed != 25000 || n.Duplex != "half" || n.RXSize != 1024 || n.RSCInterval != 5*time.Microsecond || n.TXBurst != 8 ||
		n.Slot != 31 || n.ROM {
		t.Errorf("%+v", n)
	}
	if n := device(t, "vectors=2048"); n.VectorsOr(4) != 2048 {
		t.Errorf("%d vectors", n.VectorsOr(4))
	}
	if n := device(t, "vectors=4294967295"); n.VectorsOr(4) != 4 {
		t.Errorf("unspecified: %d vectors", n.VectorsOr(4))
	}
}

func TestATransmitQueueOfMoreThan256IsOnlyForOtherBackends(t *testing.T) {
	if n := device(t, "tx_queue_size=1024"); n.TXSize != 256 {
		t.Errorf("%d", n.TXSize)
	}
	if n := device(t, "tx_queue_size=1000,rx_queue_size=32768,any_queue_size=on,packed=on"); n.TXSize != 1000 || n.RXSize != 32768 {
		t.Errorf("%d, %d", n.RXSize, n.TXSize)
	}
}

func TestWhatANICCannotBeIsSaidInWords(t *testing.T) {
	for props, want := range map[string]string{
		"rx_queue_size=128":                     "invalid rx_queue_size (= 128), must be a power of 2 between 256 and 1024",
		"rx_queue_size=300":                     "power of 2",
		"tx_queue_size=2048":                    "invalid tx_queue_size (= 2048)",
		"rx_queue_size=0,any_queue_size=on":     "between 1 and 32768",
		"tx_queue_size=65535,any_queue_size=on": "between 1 and 32768",
		"disable-legacy=on,disable-modern=on":   "device cannot work as neither modern nor legacy mode is enabled",
		"iommu_platform=on":                     "VIRTIO_F_IOMMU_PLATFORM is supported by neither legacy nor transitional devices",
		"iommu_platform=on,disable-modern=on":   "VIRTIO_F_IOMMU_PLATFORM",
		"mac=01:00:5e:00:00:01":                 "mac",
		"mac=52:54:00":                          "mac",
		"duplex=full-duplex":                    "half, full",
		"speed=-2":                              "-1 for unknown",
		"speed=3000000000":                      "speed",
		"vectors=2049":                          "at most 2048",
		"addr=4.8":                              "PCI address",
		"addr=-1":                               "PCI address",
		"bus=pci":                               "pci.0",
		"disable-legacy=yes":                    "on, off, auto",
		"netdev=":                               "no -netdev with that id",
		"id=1a":                                 "starts with a letter",
		"id=":                                   "starts with a letter",
		"addr=20":                               "PCI address",
		"bus=pci.1":                             "pci.0",
		"romfile=x.rom":                         "option ROMs",
		"romsize=65536":                         "romsize",
		"acpi-index=5":                          "acpi-index",
		"use-started=off":                       "only on",
		"failover_pair_id=x":                    "failover_pair_id",
		"host_tunnel=on":                        "only off",
		"x-txburst=0":                           "at least 1",
		"host_features=0x":                      "hexadecimal",
		"host_features=zz":                      "hexadecimal",
		"host_features=123456789012345678901234567890123": "32 hexadecimal digits",
		"host_features=0x2000000120":                      "bit 37 is not implemented",
		"host_features=0x100008000":                       "bit 5 (MAC)",
		"guest_features=0x100008000":                      "bit 5 (MAC)",
		"host_features=0x20,disable-legacy=on":            "bit 32 (VERSION_1)",
		"guest_features=0x20,disable-legacy=on":           "bit 32 (VERSION_1)",
		"host_features=0x300000020":                       "VIRTIO_F_IOMMU_PLATFORM",
		"profile=fircracker":                              `did you mean "firecracker"`,
		"profile=qemu-2.6,disable-legacy=on":              "neither modern nor legacy",
		"profile=alicloud,disable-legacy=off":             "VIRTIO_F_IOMMU_PLATFORM",
	} {
		if _, _, err := parse(t, "-device virtio-net-pci,"+props); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", props, err, want)
		}
	}
}

func TestMasksSayExactlyWhatIsOffered(t *testing.T) {
	for _, c := range []struct {
		name, props   string
		want          virtio.Features
		disableModern bool
	}{
		{"instead of the default", "host_features=0x100008020", virtio.Features{0x100008020}, false},
		{"128 bits", "host_features=0x10000000100000020", virtio.Features{0x100000020, 1}, false},
		{"properties change it", "host_features=0x100008020,mrg_rxbuf=off,mq=on", virtio.Features{0x100400020}, false},
		{"of what is offered, these", "guest_features=0x1ffff0021", virtio.Features{0x179bf0021}, false},
		{"both", "host_features=0x100008020,guest_features=0x1000000ff", virtio.Features{0x100000020}, false},
		{"without VERSION_1 it is legacy", "host_features=0x8020", virtio.Features{0x8020}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := device(t, c.props)
			if got := n.Offer(qemuOffer); got != c.want || n.DisableModern != c.disableModern {
				t.Errorf("%x, modern disabled %v; want %x, %v", got, n.DisableModern, c.want, c.disableModern)
			}
		})
	}
}

func TestEveryProfileIsADeviceThatPropertiesOverride(t *testing.T) {
	for _, p := range profiles {
		n := device(t, "mrg_rxbuf=off,vectors=7,profile="+p.name) // wherever it stands
		want := p.features.Without(virtionet.MrgRxbuf)
		if got := n.Offer(virtio.Features{}); got != want || n.Vectors != 7 || n.Exact {
			t.Errorf("%s: offers %v, %d vectors; want %v", p.name, got, n.Vectors, want)
		}
		if n.DisableModern != !p.features.Has(virtio.Version1) {
			t.Errorf("%s: modern is disabled %v, VERSION_1 offered %v", p.name, n.DisableModern, p.features.Has(virtio.Version1))
		}
		if p.features.Has(virtionet.MTU) != (p.mtu != 0) {
			t.Errorf("%s: an MTU of %d", p.name, p.mtu)
		}
	}
}

func TestTheProfileThatIsQEMUsIsWhatComesWithoutOne(t *testing.T) {
	with, without := device(t, "profile=qemu-7.2"), device(t, "")
	if with.Offer(virtio.Features{}) != qemuOffer {
		t.Errorf("offers %v", with.Offer(virtio.Features{}))
	}
	with.HostFeatures, with.Profile = nil, ""
	if with.DisableLegacy != without.DisableLegacy || with.RXSize != without.RXSize || with.Vectors != without.Vectors || with.ROM != without.ROM ||
		with.MTU != without.MTU {
		t.Errorf("%+v\n%+v", with, without)
	}
}

func FuzzDeviceOptions(f *testing.F) {
	for _, s := range []string{"virtio-net-pci,mq=on", "virtio-net-pci,profile=alicloud,host_features=0xfff", "help", "isa-debug-exit,iobase=", ",,=", "virtio-net-pci,id=d,help"} {
		f.Add(s, "virtio-net-pci.mq=on", "device.d.mq=off")
	}
	f.Fuzz(func(t *testing.T, device, global, set string) {
		m, err := New(), error(nil)
		fs := newFlags(m)
		if _, err = Parse(fs, []string{"-device", device, "-global", global, "-set", set, "-netdev", device, "-qmp", device, "-object", device}); err != nil {
			return
		}
		if err := m.Check(); err != nil {
			return
		}
		for _, n := range m.NICs {
			if n.Slot > 31 || n.Vectors > 2048 || n.RXSize == 0 {
				t.Errorf("%q: %+v", device, n)
			}
		}
		if l, err := option.Parse(device, "driver"); err == nil {
			if again, err := option.Parse(l.String(), ""); err != nil || again.String() != l.String() {
				t.Errorf("%q is written as %q, which reads as %q, %v", device, l, again, err)
			}
		}
	})
}
