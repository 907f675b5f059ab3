package args

import (
	"fmt"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/virtio"
)

// Function is what every virtio function on PCI can be given: its place, how it shows itself, and the feature bits of rings and
// transport. Types embed it.
type Function struct {
	Ident
	Slot int // -1: the next free one
	Func int // function number in the slot

	DisableLegacy bool
	DisableModern bool
	PagePerVQ     bool
	Multifunction bool // others may be put beside it
	ModernPIO     bool
	IOEventFD     bool
	ROM           bool
	Vectors       int                     // -1: the type's default; see VectorsOr
	Switched      map[virtio.Feature]bool // feature bits that the command line turns on or off

	// Ours: any device of the field can be imitated. HostFeatures are the bits that are offered instead of the type's own, before
	// Switched; GuestFeatures are those of them that a driver gets to see, so that it can accept no others. nil: not given.
	HostFeatures, GuestFeatures *virtio.Features
	Exact                       bool // HostFeatures was written: less than that is an error. A profile's may be reduced to what a netdev can.
}

// newFunction has the defaults of QEMU's virtio-pci. The type's own name says whether it is modern only.
func newFunction(kind string) Function {
	return Function{
		Ident: Ident{Kind: kind}, Slot: -1, Vectors: -1, IOEventFD: true, DisableLegacy: strings.HasSuffix(kind, "-non-transitional"),
		Switched: map[virtio.Feature]bool{},
	}
}

// switches are the feature bits that every virtio device has a property for (QEMU's DEFINE_VIRTIO_COMMON_FEATURES).
var switches = map[string]virtio.Feature{
	"any_layout": virtio.AnyLayout, "event_idx": virtio.EventIdx, "in_order": virtio.InOrder, "indirect_desc": virtio.IndirectDesc,
	"iommu_platform": virtio.AccessPlatform, "notification_data": virtio.NotificationData, "notify_on_empty": virtio.NotifyOnEmpty,
	"packed": virtio.RingPacked, "queue_reset": virtio.RingReset,
}

// expressOnly are switches of what a function only has behind a port of PCI Express: on this machine's bus they do nothing in
// QEMU either.
var expressOnly = []string{"aer", "ats", "x-ats-page-aligned", "x-disable-pcie", "x-pcie-ari-nextfn-1", "x-pcie-deverr-init", "x-pcie-extcap-init",
	"x-pcie-flr-init", "x-pcie-lnkctl-init", "x-pcie-lnksta-dllla", "x-pcie-pm-init"}

// unseen are switches of what no guest of this machine can see: migration, and checks that QEMU makes of its own backends.
var unseen = []string{"migrate-extra", "virtio-pci-bus-master-bug-migration", "x-disable-legacy-check", "x-ignore-backend-features"}

// functionOnly are properties that the virtio device in the function does not have: a -global of virtio-device cannot set them.
var functionOnly = append([]string{"acpi-index", "addr", "bus", "disable-legacy", "disable-modern", "failover_pair_id", "id", "ioeventfd",
	"migrate-extra", "modern-pio-notify", "multifunction", "page-per-vq", "rombar", "romfile", "romsize", "vectors", "x-ignore-backend-features",
	"virtio-pci-bus-master-bug-migration"}, expressOnly...)

// props are the properties of all virtio functions.
func (f *Function) props() option.Props {
	p := option.Props{
		"addr": f.setSlot, "bus": onlyRoot, "page-per-vq": option.ToBool(&f.PagePerVQ), "modern-pio-notify": option.ToBool(&f.ModernPIO),
		"ioeventfd": option.ToBool(&f.IOEventFD), "rombar": f.setROMBar, "romfile": f.setROMFile, "vectors": f.setVectors,
		"multifunction": option.ToBool(&f.Multifunction), "use-started": mustBe(true), "use-disabled-flag": mustBe(true),
		"host_features": f.setHostFeatures, "guest_features": f.setGuestFeatures,
		"acpi-index": onlyNumber(0), "romsize": onlyNumber(1<<32 - 1), "bootindex": ignoredInt,
	}
	if strings.HasSuffix(f.Kind, "-pci") { // the other two types have their modes in their names
		p["disable-legacy"] = f.setDisableLegacy
		p["disable-modern"] = option.ToBool(&f.DisableModern)
	}
	for name, bit := range switches {
		p[name] = f.setSwitch(bit)
	}
	for _, names := range [][]string{expressOnly, unseen} {
		for _, name := range names {
			p[name] = ignoredSwitch
		}
	}
	return p
}

// check is what QEMU's virtio_pci_realize finds wrong.
func (f *Function) check() error {
	if f.DisableLegacy && f.DisableModern {
		return fmt.Errorf("-device %s: device cannot work as neither modern nor legacy mode is enabled; set disable-modern or disable-legacy to off", f.Kind)
	}
	if err := f.checkMasks(); err != nil {
		return err
	}
	if !f.DisableLegacy && f.Offer(virtio.Features{}).Has(virtio.AccessPlatform) {
		return fmt.Errorf("-device %s: iommu_platform: VIRTIO_F_IOMMU_PLATFORM is supported by neither legacy nor transitional devices; add disable-legacy=on", f.Kind)
	}
	return nil
}

// Offer is what is offered where a type offers def unless the command line says otherwise.
func (f *Function) Offer(def virtio.Features) virtio.Features {
	if f.HostFeatures != nil {
		def = *f.HostFeatures
	}
	for bit, on := range f.Switched {
		if on {
			def = def.With(bit)
		} else {
			def = def.Without(bit)
		}
	}
	if f.GuestFeatures != nil {
		def = def.And(*f.GuestFeatures)
	}
	return def
}

// VectorsOr is the number of MSI-X vectors: what the command line says, else def.
func (f *Function) VectorsOr(def int) int {
	if f.Vectors < 0 {
		return def
	}
	return f.Vectors
}

func (f *Function) setSwitch(bit virtio.Feature) func(string) error {
	return func(s string) error {
		on, err := option.Bool(s)
		f.Switched[bit] = on
		return err
	}
}

func (f *Function) setHostFeatures(s string) error {
	v, err := parseFeatures(s)
	f.HostFeatures, f.Exact = &v, true
	return err
}

func (f *Function) setGuestFeatures(s string) error {
	v, err := parseFeatures(s)
	f.GuestFeatures = &v
	return err
}

// setDisableLegacy takes QEMU's OnOffAuto, which has no other spellings. auto is off on a bus that is not behind a PCI Express port.
func (f *Function) setDisableLegacy(s string) error {
	err := option.OneOf(new(string), "on", "off", "auto")(s)
	f.DisableLegacy = s == "on"
	return err
}

func (f *Function) setSlot(s string) error {
	slot, fn, err := option.Slot(s)
	f.Slot, f.Func = slot, fn
	return err
}

// setVectors takes QEMU's DEV_NVECTORS_UNSPECIFIED for nothing said. MSI-X has at most 2048 entries.
func (f *Function) setVectors(s string) error {
	const unspecified = 1<<32 - 1
	v, err := option.Uint(s, 32)
	f.Vectors = int(v)
	if err == nil && v == unspecified {
		f.Vectors = -1
	} else if err == nil && v > 2048 {
		err = fmt.Errorf("%d vectors: MSI-X has at most 2048", v)
	}
	return err
}

func (f *Function) setROMFile(s string) error {
	if s != "" {
		return fmt.Errorf("option ROMs cannot be given; leave it out, or empty for none")
	}
	f.ROM = false
	return nil
}

func (f *Function) setROMBar(s string) error {
	v, err := option.Uint(s, 32)
	f.ROM = f.ROM && v != 0
	return err
}
