package virtio

import "strconv"

// A Feature is a feature bit by its number (chapter 6, and "Feature bits" of each device type).
type Feature uint8

// Feature bits that belong to no device type.
const (
	NotifyOnEmpty    Feature = 24 // legacy only
	AnyLayout        Feature = 27 // legacy only; implied by Version1
	IndirectDesc     Feature = 28
	EventIdx         Feature = 29
	BadFeature       Feature = 30 // legacy only: QEMU's trap for drivers that acknowledge whatever they read
	Version1         Feature = 32
	AccessPlatform   Feature = 33
	RingPacked       Feature = 34
	InOrder          Feature = 35
	OrderPlatform    Feature = 36
	SRIOV            Feature = 37
	NotificationData Feature = 38
	NotifConfigData  Feature = 39
	RingReset        Feature = 40
)

var featureNames = map[Feature]string{
	NotifyOnEmpty:    "NotifyOnEmpty",
	AnyLayout:        "AnyLayout",
	IndirectDesc:     "IndirectDesc",
	EventIdx:         "EventIdx",
	BadFeature:       "BadFeature",
	Version1:         "Version1",
	AccessPlatform:   "AccessPlatform",
	RingPacked:       "RingPacked",
	InOrder:          "InOrder",
	OrderPlatform:    "OrderPlatform",
	SRIOV:            "SRIOV",
	NotificationData: "NotificationData",
	NotifConfigData:  "NotifConfigData",
	RingReset:        "RingReset",
}

// String is the bit's name, or its number: what bits 0 to 23 and 41 up mean depends on the device type.
func (f Feature) String() string {
	if name, ok := featureNames[f]; ok {
		return name
	}
	return strconv.Itoa(int(f))
}
