package featname

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestPeopleReadNames(t *testing.T) {
	for _, c := range []struct {
		device uint16
		set    virtio.Features
		want   string
	}{
		{1, virtio.FeaturesOf(0, 15, virtio.EventIdx, virtio.RingReset), "CSUM, MRG_RXBUF, EVENT_IDX, RING_RESET"},
		{2, virtio.FeaturesOf(0), "BARRIER"},
		{4, virtio.FeaturesOf(3, 100), "bit 3, bit 100"},
		{9, virtio.Features{}, ""},
	} {
		if got := Short(c.device, c.set); got != c.want {
			t.Errorf("%d, %v: %q, want %q", c.device, c.set, got, c.want)
		}
	}
}

func TestQEMUDescribesWhatItKnows(t *testing.T) {
	for _, c := range []struct {
		name   string
		device uint16
		bit    virtio.Feature
		want   string // its beginning
		common bool
	}{
		{"a device's bit", 1, 15, "VIRTIO_NET_F_MRG_RXBUF: ", false},
		{"a transport's bit", 1, virtio.Version1, "VIRTIO_F_VERSION_1: ", true},
		{"bit 30 of a type that can be another process", 2, 30, "VHOST_USER_F_PROTOCOL_FEATURES: ", false},
		{"bit 30 of one that cannot", 5, 30, "", false},
		{"RING_RESET, which 7.2 offers and does not name", 1, virtio.RingReset, "", true},
	} {
		got, common := Described(c.device, c.bit)
		if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || common != c.common {
			t.Errorf("%s: %q, common %v", c.name, got, common)
		}
	}
}

func TestTheTablesHaveOneForm(t *testing.T) {
	check := func(f virtio.Feature, s string) {
		name, about, described := strings.Cut(s, ": ")
		if name != strings.ToUpper(name) || strings.Count(name, "_F_") != 1 || described != (about != "") {
			t.Errorf("bit %d is %q", f, s)
		}
	}
	for f, s := range transport {
		check(f, s)
	}
	for _, table := range device {
		for f, s := range table {
			check(f, s)
		}
	}
}
