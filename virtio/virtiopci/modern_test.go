package virtiopci

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestModernRegisters(t *testing.T) {
	t.Run("an access is cut into aligned pieces, and only the start of a register answers", func(t *testing.T) {
		r := mappedRig(t, nil)
		for _, c := range []struct {
			off  uint64
			size int
			want uint64
		}{{0x10, 8, 0xffff}, {0x12, 4, 0x3}, {0x14, 4, 0}, {0x11, 4, 0x300}, {0x10, 4, 0xffff}, {0x11, 1, 0}, {0x10, 1, 0xff}} {
			r.equal("common configuration", r.read(common+c.off, c.size), c.want)
		}
		for _, c := range []struct {
			off  uint64
			size int
			want uint64
		}{{0, 8, 0x1563412005452}, {6, 4, 0xffff0001}, {1, 4, 0x34120054}, {7, 2, 0xff00}} {
			r.equal("device configuration", r.read(rConfig+c.off, c.size), c.want)
		}
		r.equal("notification structure", r.read(rNotify, 4), 0)
	})
	t.Run("2.5.2: an access over the end of the device configuration is all ones", func(t *testing.T) {
		r := mappedRig(t, onePairMQ)
		r.equal("two bytes at 8 of 10", r.read(rConfig+8, 2), 1)
		r.equal("four bytes at 8 of 10", r.read(rConfig+8, 4), 0xffffffff)
	})
	t.Run("4.1.4.3.1: queue_size ignores 0, more than 1024, and queues that do not exist", func(t *testing.T) {
		r := mappedRig(t, nil)
		for _, c := range []struct{ write, want uint64 }{{128, 128}, {100, 100}, {0, 100}, {1024, 1024}, {2048, 1024}, {65535, 1024}, {256, 256}} {
			r.write(rSize, 2, c.write)
			r.equal("queue_size", r.read(rSize, 2), c.want)
		}
		r.write(rSelect, 2, 3)
		r.write(rSize, 2, 64)
		r.equal("queue_size of a queue that does not exist", r.read(rSize, 2), 0)
	})
	t.Run("queue_select keeps its value when it is written 1024", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.write(rSelect, 2, 1023)
		r.write(rSelect, 2, 1024)
		r.equal("queue_select", r.read(rSelect, 2), 1023)
	})
	t.Run("4.1.3.2: a 64-bit field is two halves", func(t *testing.T) {
		r := mappedRig(t, nil)
		for _, at := range []uint64{rDesc, rAvail, rUsed} {
			r.write(at+4, 4, 0x1)
			r.write(at, 4, 0x89abcdef)
			r.equal("field", r.read(at, 8), 0x189abcdef)
			r.write(at+4, 4, 0x2)
			r.equal("field", r.read(at, 8), 0x289abcdef)
		}
	})
	t.Run("4.1.5.1.2.1: a vector that does not exist reads back as NO_VECTOR", func(t *testing.T) {
		r := mappedRig(t, nil)
		for _, at := range []uint64{rVector, rConfigVector} {
			r.write(at, 2, 3)
			r.equal("vector", r.read(at, 2), 3)
			r.write(at, 2, 4)
			r.equal("vector", r.read(at, 2), 0xffff)
		}
	})
	t.Run("4.1.4.3.1: config_generation changes with the configuration", func(t *testing.T) {
		r := mappedRig(t, nil)
		before := r.read(rGeneration, 1)
		r.device.info.Config.Set(6, []byte{0})
		if r.read(rGeneration, 1) == before {
			t.Error("config_generation stays")
		}
	})
	t.Run("3.1.2: the driver's writes to the configuration reach the device before negotiation", func(t *testing.T) {
		r := mappedRig(t, func(_ *Config, f *fake) {
			f.info.Config = virtio.NewConfig(netConfig, func(c *virtio.Config, _ virtio.Features, all []byte) { c.Set(0, all) })
		})
		r.read(rConfig, 1)
		r.write(rConfig+4, 2, 0xbeef)
		r.out(20, 1, 0x02)
		r.equal("mac", r.read(rConfig, 8), 0x0001beef12005402)
	})
	t.Run("3.1.2: a write to the configuration comes with what the driver has accepted", func(t *testing.T) {
		var got virtio.Features
		r := mappedRig(t, func(_ *Config, f *fake) {
			f.info.Config = virtio.NewConfig(netConfig, func(_ *virtio.Config, accepted virtio.Features, _ []byte) { got = accepted })
		})
		want := virtio.FeaturesOf(virtio.Version1, virtio.EventIdx)
		r.accept(want)
		if r.write(rConfig, 1, 0); got != want {
			t.Errorf("accepted %v, want %v", got, want)
		}
	})
	t.Run("2.4.1: a device hears of a reset that ends no session", func(t *testing.T) {
		resets := 0
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Reset = func() { resets++ } })
		r.write(rStatus, 1, 3)
		if r.write(rStatus, 1, 0); resets != 1 {
			t.Errorf("%d resets, want 1", resets)
		}
	})
	t.Run("2.4.1: a device hears of the end of its transport, which is a reset of the machine", func(t *testing.T) {
		resets := 0
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Reset = func() { resets++ } })
		if r.t.Close(); resets != 1 {
			t.Errorf("%d resets, want 1", resets)
		}
	})
	t.Run("2.4.1: after a reset everything reads as at power on", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.write(rVector, 2, 1)
		r.write(rConfigVector, 2, 0)
		r.write(rStatus, 1, 0)
		r.equal("queue_select", r.read(rSelect, 2), 0)
		checkModernReset(t, r)
		for _, at := range []uint64{rDesc, rAvail, rUsed} {
			r.write(rSelect, 2, 0)
			r.equal("queue address", r.read(at, 8), 0)
		}
	})
}

func TestTheConfigurationWindowReachesTheModernRegions(t *testing.T) {
	const at = 0x84 // of the PCI_CFG capability
	window := func(r *rig, off, length uint32) {
		r.setConfig(at+8, 4, off)
		r.setConfig(at+12, 4, length)
	}
	t.Run("4.1.4.9.1: a read of pci_cfg_data reads the register, whatever bar says", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(at+4, 1, 7)
		window(r, 0x04, 4)
		r.equal("device_feature", uint64(r.config(at+16, 4)), 0x30bf8024)
		r.equal("bar", uint64(r.config(at+4, 1)), 7)
	})
	t.Run("a length of 2 leaves the upper bytes as they were", func(t *testing.T) {
		r := mappedRig(t, nil)
		window(r, 0x04, 4)
		r.config(at+16, 4)
		window(r, deviceBase, 2)
		r.equal("pci_cfg_data", uint64(r.config(at+16, 4)), 0x30bf5452)
		window(r, deviceBase, 3)
		r.equal("pci_cfg_data with a length of 3", uint64(r.config(at+16, 4)), 0x30bf5452)
	})
	t.Run("4.1.4.9.1: a write of pci_cfg_data writes the register", func(t *testing.T) {
		r := mappedRig(t, nil)
		window(r, 0x16, 2)
		r.setConfig(at+16, 2, 2)
		r.equal("queue_select", r.read(rSelect, 2), 2)
		r.equal("any byte of pci_cfg_data does it", uint64(r.config(at+17, 1)), 0)
	})
	t.Run("the offset is aligned down to the length", func(t *testing.T) {
		r := mappedRig(t, nil)
		window(r, 0x13, 2)
		r.equal("num_queues", uint64(r.config(at+16, 2)), 3)
	})
	t.Run("an offset outside the regions does nothing", func(t *testing.T) {
		r := mappedRig(t, nil)
		window(r, 0xfffffffc, 4)
		r.setConfig(at+16, 4, 0x1234)
		r.equal("pci_cfg_data", uint64(r.config(at+16, 4)), 0x1234)
	})
	t.Run("a device can be driven through it alone", func(t *testing.T) {
		r := newRig(t, nil)
		r.setConfig(4, 2, 4)
		for _, status := range []uint32{0, 3, 0x0b, 0x0f} {
			window(r, 0x14, 1)
			r.setConfig(at+16, 1, status)
		}
		r.session()
		window(r, 0x14, 1)
		r.setConfig(at+16, 1, 0)
		r.equal("device_status", uint64(r.config(at+16, 1)), 0)
	})
}
