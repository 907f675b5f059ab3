package main

import (
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// typeNames are QEMU's names of device types, by their numbers (chapter 5).
var typeNames = map[uint16]string{1: "virtio-net", 2: "virtio-blk", 3: "virtio-serial", 4: "virtio-rng", 5: "virtio-balloon"}

// transportNames are the bits that belong to no device type, by the names of chapter 6, and QEMU's of those that are only legacy.
var transportNames = map[virtio.Feature]string{
	virtio.NotifyOnEmpty: "VIRTIO_F_NOTIFY_ON_EMPTY", virtio.AnyLayout: "VIRTIO_F_ANY_LAYOUT", virtio.IndirectDesc: "VIRTIO_RING_F_INDIRECT_DESC",
	virtio.EventIdx: "VIRTIO_RING_F_EVENT_IDX", virtio.BadFeature: "VIRTIO_F_BAD_FEATURE", virtio.Version1: "VIRTIO_F_VERSION_1",
	virtio.AccessPlatform: "VIRTIO_F_ACCESS_PLATFORM", virtio.RingPacked: "VIRTIO_F_RING_PACKED", virtio.InOrder: "VIRTIO_F_IN_ORDER",
	virtio.OrderPlatform: "VIRTIO_F_ORDER_PLATFORM", virtio.SRIOV: "VIRTIO_F_SR_IOV", virtio.NotificationData: "VIRTIO_F_NOTIFICATION_DATA",
	virtio.NotifConfigData: "VIRTIO_F_NOTIF_CONFIG_DATA", virtio.RingReset: "VIRTIO_F_RING_RESET",
}

// deviceNames are the bits of each device type, by the names of its section.
var deviceNames = map[uint16]map[virtio.Feature]string{
	1: {
		0: "VIRTIO_NET_F_CSUM", 1: "VIRTIO_NET_F_GUEST_CSUM", 2: "VIRTIO_NET_F_CTRL_GUEST_OFFLOADS", 3: "VIRTIO_NET_F_MTU",
		5: "VIRTIO_NET_F_MAC", 6: "VIRTIO_NET_F_GSO", 7: "VIRTIO_NET_F_GUEST_TSO4", 8: "VIRTIO_NET_F_GUEST_TSO6", 9: "VIRTIO_NET_F_GUEST_ECN",
		10: "VIRTIO_NET_F_GUEST_UFO", 11: "VIRTIO_NET_F_HOST_TSO4", 12: "VIRTIO_NET_F_HOST_TSO6", 13: "VIRTIO_NET_F_HOST_ECN",
		14: "VIRTIO_NET_F_HOST_UFO", 15: "VIRTIO_NET_F_MRG_RXBUF", 16: "VIRTIO_NET_F_STATUS", 17: "VIRTIO_NET_F_CTRL_VQ",
		18: "VIRTIO_NET_F_CTRL_RX", 19: "VIRTIO_NET_F_CTRL_VLAN", 20: "VIRTIO_NET_F_CTRL_RX_EXTRA", 21: "VIRTIO_NET_F_GUEST_ANNOUNCE",
		22: "VIRTIO_NET_F_MQ", 23: "VIRTIO_NET_F_CTRL_MAC_ADDR", 50: "VIRTIO_NET_F_DEVICE_STATS", 51: "VIRTIO_NET_F_HASH_TUNNEL",
		52: "VIRTIO_NET_F_VQ_NOTF_COAL", 53: "VIRTIO_NET_F_NOTF_COAL", 54: "VIRTIO_NET_F_GUEST_USO4", 55: "VIRTIO_NET_F_GUEST_USO6",
		56: "VIRTIO_NET_F_HOST_USO", 57: "VIRTIO_NET_F_HASH_REPORT", 59: "VIRTIO_NET_F_GUEST_HDRLEN", 60: "VIRTIO_NET_F_RSS",
		61: "VIRTIO_NET_F_RSC_EXT", 62: "VIRTIO_NET_F_STANDBY", 63: "VIRTIO_NET_F_SPEED_DUPLEX",
	},
	2: {
		0: "VIRTIO_BLK_F_BARRIER", 1: "VIRTIO_BLK_F_SIZE_MAX", 2: "VIRTIO_BLK_F_SEG_MAX", 4: "VIRTIO_BLK_F_GEOMETRY", 5: "VIRTIO_BLK_F_RO",
		6: "VIRTIO_BLK_F_BLK_SIZE", 7: "VIRTIO_BLK_F_SCSI", 9: "VIRTIO_BLK_F_FLUSH", 10: "VIRTIO_BLK_F_TOPOLOGY", 11: "VIRTIO_BLK_F_CONFIG_WCE",
		12: "VIRTIO_BLK_F_MQ", 13: "VIRTIO_BLK_F_DISCARD", 14: "VIRTIO_BLK_F_WRITE_ZEROES", 15: "VIRTIO_BLK_F_LIFETIME",
		16: "VIRTIO_BLK_F_SECURE_ERASE", 17: "VIRTIO_BLK_F_ZONED",
	},
	3: {
		0: "VIRTIO_CONSOLE_F_SIZE", 1: "VIRTIO_CONSOLE_F_MULTIPORT", 2: "VIRTIO_CONSOLE_F_EMERG_WRITE",
	},
	5: {
		0: "VIRTIO_BALLOON_F_MUST_TELL_HOST", 1: "VIRTIO_BALLOON_F_STATS_VQ", 2: "VIRTIO_BALLOON_F_DEFLATE_ON_OOM",
		3: "VIRTIO_BALLOON_F_FREE_PAGE_HINT", 4: "VIRTIO_BALLOON_F_PAGE_POISON", 5: "VIRTIO_BALLOON_F_REPORTING",
	},
}

// featureNames names the bits of a set.
func featureNames(deviceID uint16, set virtio.Features) qmp.FeatureNames {
	names := qmp.FeatureNames{Transports: []string{}, Dev: []string{}}
	for bit := range virtio.Feature(64) {
		if !set.Has(bit) {
			continue
		}
		if name := transportNames[bit]; name != "" {
			names.Transports = append(names.Transports, name)
		} else if name := deviceNames[deviceID][bit]; name != "" {
			names.Dev = append(names.Dev, name)
		} else {
			names.Unknown |= 1 << bit
		}
	}
	return names
}

// statusBits are those of device_status (2.1).
var statusBits = map[byte]string{
	0x01: "VIRTIO_CONFIG_S_ACKNOWLEDGE", 0x02: "VIRTIO_CONFIG_S_DRIVER", 0x04: "VIRTIO_CONFIG_S_DRIVER_OK",
	0x08: "VIRTIO_CONFIG_S_FEATURES_OK", 0x40: "VIRTIO_CONFIG_S_NEEDS_RESET", 0x80: "VIRTIO_CONFIG_S_FAILED",
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
