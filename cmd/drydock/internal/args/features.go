package args

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/virtio"
)

// parseFeatures reads a set of feature bits: up to 128 of them as one hexadecimal number, bit 0 the lowest.
func parseFeatures(s string) (f virtio.Features, err error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")
	const half = 16
	low, high := digits, "0"
	if n := len(digits); n > half {
		low, high = digits[n-half:], digits[:n-half]
	}
	var errLow, errHigh error
	f[0], errLow = strconv.ParseUint(low, 16, 64)
	f[1], errHigh = strconv.ParseUint(high, 16, 64)
	if errLow != nil || errHigh != nil {
		return f, fmt.Errorf("%q is not a set of feature bits: write up to 32 hexadecimal digits, such as 0x10130bfffa7", s)
	}
	return f, nil
}

// Bits 24 to 49 belong to rings and transport (6): these are what this machine's can keep.
const (
	firstCommon = 24
	lastCommon  = 49
)

var common = virtio.FeaturesOf(virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.IndirectDesc, virtio.EventIdx, virtio.BadFeature, virtio.Version1,
	virtio.AccessPlatform, virtio.RingPacked, virtio.InOrder, virtio.OrderPlatform, virtio.NotificationData, virtio.RingReset)

// own are the bits that a type has itself. Types that are not here refuse others by themselves.
var own = map[string]virtio.Features{
	"virtio-rng": {},
	"virtio-balloon": virtio.FeaturesOf(virtioballoon.StatsVQ, virtioballoon.DeflateOnOOM, virtioballoon.FreePageHint, virtioballoon.PagePoison,
		virtioballoon.PageReporting),
	"virtio-serial": virtio.FeaturesOf(virtioconsole.Multiport, virtioconsole.EmergWrite),
}

// strange returns the lowest bit of f that this machine cannot keep its word for.
func (f *Function) strange(offer virtio.Features) (bit virtio.Feature, found bool) {
	base, _, _ := strings.Cut(f.Kind, "-pci")
	known, bounded := own[base]
	for ; bit < 128; bit++ {
		isCommon := bit >= firstCommon && bit <= lastCommon
		if offer.Has(bit) && (isCommon && !common.Has(bit) || !isCommon && bounded && !known.Has(bit)) {
			return bit, true
		}
	}
	return 0, false
}

// checkMasks looks at host_features and guest_features, which may ask for what no property can.
func (f *Function) checkMasks() error {
	if f.HostFeatures == nil && f.GuestFeatures == nil {
		return nil
	}
	offer := f.Offer(virtio.FeaturesOf(virtio.Version1))
	if bit, found := f.strange(offer); found {
		return fmt.Errorf("-device %s: host_features: bit %d is not implemented; leave it out of the mask", f.Kind, bit)
	}
	if offer.Has(virtio.Version1) {
		return nil
	}
	if f.DisableLegacy {
		return fmt.Errorf("-device %s: host_features, guest_features: without bit 32 (VERSION_1) it is a legacy device, but legacy is disabled", f.Kind)
	}
	f.DisableModern = true // as QEMU does where a backend has no VERSION_1 (virtio_pci_device_plugged)
	return nil
}
