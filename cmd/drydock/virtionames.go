package main

import (
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/featname"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// typeNames are QEMU's names of device types, by their numbers (chapter 5).
var typeNames = map[uint16]string{1: "virtio-net", 2: "virtio-blk", 3: "virtio-serial", 4: "virtio-rng", 5: "virtio-balloon"}

// featureNames names the bits of a set.
func featureNames(deviceID uint16, set virtio.Features) qmp.FeatureNames {
	names := qmp.FeatureNames{Transports: []string{}, Dev: []string{}}
	for bit := range virtio.Feature(64) {
		if !set.Has(bit) {
			continue
		}
		switch name, common := featname.Described(deviceID, bit); {
		case name == "":
			names.Unknown |= 1 << bit
		case common:
			names.Transports = append(names.Transports, name)
		default:
			names.Dev = append(names.Dev, name)
		}
	}
	return names
}

// statusBits are those of device_status (2.1).
var statusBits = map[byte]string{
	0x01: "VIRTIO_CONFIG_S_ACKNOWLEDGE: the device was found",
	0x02: "VIRTIO_CONFIG_S_DRIVER: a driver can drive it",
	0x04: "VIRTIO_CONFIG_S_DRIVER_OK: the driver is ready",
	0x08: "VIRTIO_CONFIG_S_FEATURES_OK: the features are agreed",
	0x40: "VIRTIO_CONFIG_S_NEEDS_RESET: the device cannot go on",
	0x80: "VIRTIO_CONFIG_S_FAILED: the driver gave up",
}

func statusNames(status byte) qmp.StatusNames {
	names := qmp.StatusNames{Statuses: []string{}}
	for bit, name := range statusBits {
		if status&bit != 0 {
			names.Statuses = append(names.Statuses, name)
			status &^= bit
		}
	}
	slices.Sort(names.Statuses)
	names.Unknown = status
	return names
}
