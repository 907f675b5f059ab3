package virtiopci

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *Config, f *fake)
		want   string
	}{
		{"neither interface", func(c *Config, _ *fake) { c.DisableLegacy, c.DisableModern = true, true }, "neither modern nor legacy mode is enabled; set either"},
		{"modern only, but the device does not offer VERSION_1", func(c *Config, f *fake) {
			c.DisableLegacy = true
			f.info.Features = f.info.Features.Without(virtio.Version1)
		}, "set disable-legacy to off"},
		{"an IOMMU on the legacy interface", func(_ *Config, f *fake) { f.info.Features = f.info.Features.With(virtio.AccessPlatform) }, "iommu_platform to off"},
		{"a device type without a transitional ID", func(_ *Config, f *fake) { f.info.ID = 26 }, "type 26 has no transitional PCI device ID; set disable-legacy to on"},
		{"too many vectors", func(c *Config, _ *fake) { c.Vectors = 2049 }, "at most 2048"},
		{"a negative number of vectors", func(c *Config, _ *fake) { c.Vectors = -2 }, "vectors=-2"},
		{"vectors that nobody delivers", func(c *Config, _ *fake) { c.MSI = nil }, "set vectors to 0"},
		{"a ROM size that no register can say", func(c *Config, _ *fake) { c.ROMSize = 3000 }, "power of two"},
		{"a ROM larger than its size", func(c *Config, _ *fake) { c.ROMSize, c.ROM = 2048, make([]byte, 4096) }, "does not fit"},
		{"no guest memory", func(c *Config, _ *fake) { c.Memory = nil }, "needs a device and guest memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := netLike()
			config := Config{Device: f, Memory: virtiotest.NewRAM(t, 4096), MSI: &board{}, Vectors: DefaultVectors}
			c.change(&config, f)
			checkRefused(t, config, c.want)
		})
	}
	t.Run("a device without VERSION_1 is a legacy device", func(t *testing.T) {
		r := newRig(t, func(_ *Config, f *fake) { f.info.Features = f.info.Features.Without(virtio.Version1) })
		r.equal("BAR4", uint64(r.config(0x20, 4)), 0)
		r.equal("first capability is MSI-X", uint64(r.config(0x40, 1)), 0x11)
	})
}

// checkRefused makes a transport that must not come to be.
func checkRefused(t *testing.T, c Config, want string) {
	t.Helper()
	transport, err := New(c)
	if err == nil {
		transport.Close()
		t.Fatal("accepted")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
}
