// Package featname names feature bits for people and for QMP: as the specification does, with QEMU's names where it has others.
package featname

import (
	"strconv"
	"strings"

	"github.com/drydock-vmm/drydock/virtio"
)

// text is the bit's entry in the tables, "" if it has none.
func text(deviceID uint16, f virtio.Feature) (s string, common bool) {
	if s, common = transport[f]; common {
		return s, true
	}
	return device[deviceID][f], false
}

// Described is a bit as x-query-virtio-status has it, "NAME: description", and whether it belongs to rings and transport. It is ""
// for a bit of which QEMU 7.2 gives the number only.
func Described(deviceID uint16, f virtio.Feature) (s string, common bool) {
	s, common = text(deviceID, f)
	if !strings.Contains(s, ": ") {
		return "", common
	}
	return s, common
}

// Short lists the bits of a set for people: "CSUM, EVENT_IDX, bit 48".
func Short(deviceID uint16, set virtio.Features) string {
	var names []string
	for f := range virtio.Feature(128) {
		if set.Has(f) {
			names = append(names, short(deviceID, f))
		}
	}
	return strings.Join(names, ", ")
}

func short(deviceID uint16, f virtio.Feature) string {
	s, _ := text(deviceID, f)
	name, _, _ := strings.Cut(s, ":")
	if _, name, _ = strings.Cut(name, "_F_"); name != "" {
		return name
	}
	return "bit " + strconv.Itoa(int(f))
}
