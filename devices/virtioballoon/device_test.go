package virtioballoon

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// Measured on Debian's QEMU 7.2.22 by its qtest face.
func TestTheDeviceIsWhatQEMUsVirtioBalloonIs(t *testing.T) {
	for name, c := range map[string]struct {
		config   Config
		features uint64
		queues   []uint16
		space    int
	}{
		"by default":              {Config{}, 0x0000010130000012, []uint16{128, 128, 128}, 16},
		"page-poison=off":         {Config{Features: DefaultFeatures.Without(PagePoison)}, 0x0000010130000002, []uint16{128, 128, 128}, 8},
		"deflate-on-oom=on":       {Config{Features: DefaultFeatures.With(DeflateOnOOM)}, 0x0000010130000016, []uint16{128, 128, 128}, 16},
		"free-page-reporting=on":  {Config{Features: DefaultFeatures.With(PageReporting)}, 0x0000010130000032, []uint16{128, 128, 128, 32}, 16},
		"free-page-hint=on":       {Config{Features: DefaultFeatures.Without(PagePoison).With(FreePageHint)}, 0x000001013000000a, []uint16{128, 128, 128, 1024}, 12},
		"everything":              {Config{Features: all}, 0x000001013000003e, []uint16{128, 128, 128, 1024, 32}, 16},
		"qemu-4-0-config-size=on": {Config{Features: DefaultFeatures.Without(PagePoison), LongConfig: true}, 0x0000010130000002, []uint16{128, 128, 128}, 16},
	} {
		t.Run(name, func(t *testing.T) {
			info := device(t, c.config).Info()
			if info.ID != 5 || info.Features[0] != c.features || info.Config.Len() != c.space {
				t.Errorf("ID %d, features %#x, %d bytes of configuration", info.ID, info.Features[0], info.Config.Len())
			}
			if sizes := info.Queues(virtio.Features{}); !slices.Equal(sizes, c.queues) {
				t.Errorf("queues %v", sizes)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		says   string
	}{
		"a guest without memory":         {Config{}, "how much memory"},
		"an interval before now":         {Config{RAM: 1, StatsInterval: -time.Second}, "guest-stats-polling-interval=-1"},
		"an interval beyond QEMU's type": {Config{RAM: 1, StatsInterval: 1 << 32 * time.Second}, "guest-stats-polling-interval=4294967296"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}
