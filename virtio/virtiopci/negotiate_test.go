package virtiopci

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestFeatureNegotiation(t *testing.T) {
	accepted := func(r *rig) virtio.Features { return r.t.negotiation.accepted }

	t.Run("2.2.2: bits that were not offered are dropped and FEATURES_OK stays", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.Features{^uint64(0)})
		r.equal("status", r.read(rStatus, 1), 0x0b)
		if got, want := accepted(r), netFeatures.Or(netLegacy); got != want {
			t.Errorf("accepted %v, want %v", got, want)
		}
	})
	t.Run("4.1.4.3.1: driver_feature reads back what was written", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.write(rDriverSelect, 4, 1)
		r.write(rDriver, 4, 0x101)
		r.equal("driver_feature", r.read(rDriver, 4), 0x101)
		r.write(rDriverSelect, 4, 2)
		r.write(rDriver, 4, 0x55)
		r.equal("driver_feature of word 2", r.read(rDriver, 4), 0)
	})
	t.Run("3.1.1: a write after FEATURES_OK changes nothing", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.write(rDriverSelect, 4, 0)
		r.write(rDriver, 4, 0x20)
		if got := accepted(r); got != virtio.FeaturesOf(virtio.Version1) {
			t.Errorf("accepted %x", got)
		}
	})
	t.Run("2.2.3: the modern interface does not show legacy bits, but takes them as QEMU does", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(netLegacy.With(virtio.Version1))
		r.equal("device_feature", r.read(rDevice, 4), netFeatures[0]&0xffffffff)
		if got := accepted(r); got != netLegacy.With(virtio.Version1) {
			t.Errorf("accepted %x", got)
		}
	})
	t.Run("2.4: a reset leaves the feature selectors and driver_feature, and accepts nothing", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1, virtio.EventIdx))
		r.write(rDeviceSelect, 4, 1)
		r.write(rStatus, 1, 0)
		r.equal("device_feature_select", r.read(rDeviceSelect, 4), 1)
		r.equal("driver_feature_select", r.read(rDriverSelect, 4), 1)
		r.equal("driver_feature", r.read(rDriver, 4), 1)
		if got := accepted(r); got != (virtio.Features{}) {
			t.Errorf("accepted %x", got)
		}
	})
	t.Run("2.2: a device that offers bits above 63 has four words", func(t *testing.T) {
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Features[1] = 1 << 33 })
		r.write(rDeviceSelect, 4, 3)
		r.equal("device_feature", r.read(rDevice, 4), 2)
		r.write(rDriverSelect, 4, 3)
		r.write(rDriver, 4, 0xf)
		r.equal("driver_feature", r.read(rDriver, 4), 0xf)
		if got := accepted(r); got != (virtio.Features{0, 1 << 33}) {
			t.Errorf("accepted %x", got)
		}
	})
	t.Run("5.1.2: a queue that becomes another one by the features has its default size again", func(t *testing.T) {
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Features = f.info.Features.With(featureMQ) })
		r.write(rSelect, 2, 2)
		r.write(rSize, 2, 32)
		r.accept(virtio.FeaturesOf(virtio.Version1, featureMQ))
		r.write(rSelect, 2, 2)
		r.equal("queue_size", r.read(rSize, 2), 256)
	})
	t.Run("6.1: FEATURES_OK is refused without ACCESS_PLATFORM where it is offered", func(t *testing.T) {
		r := mappedRig(t, func(c *Config, f *fake) {
			c.DisableLegacy = true
			f.info.Features = f.info.Features.With(virtio.AccessPlatform)
		})
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.equal("status", r.read(rStatus, 1), 0x03)
		r.accept(virtio.FeaturesOf(virtio.Version1, virtio.AccessPlatform))
		r.equal("status", r.read(rStatus, 1), 0x0b)
	})
	t.Run("6.3: a legacy driver that acknowledges BAD_FEATURE gets the harmless set", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(4, 4, 1<<30|1)
		r.equal("guest_features", r.in(4, 4), 0x20)
		r.out(4, 4, 0xffff)
		r.equal("guest_features", r.in(4, 4), 0x8064)
	})
	t.Run("5.1.2: num_queues follows the features that the driver wrote, and a reset", func(t *testing.T) {
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Features = f.info.Features.With(featureMQ) })
		r.equal("num_queues", r.read(rNumQueues, 2), 3)
		r.accept(virtio.FeaturesOf(virtio.Version1, featureMQ))
		r.equal("num_queues", r.read(rNumQueues, 2), 5)
		r.write(rSelect, 2, 4)
		r.equal("queue_size of the control queue", r.read(rSize, 2), 64)
		r.write(rStatus, 1, 0)
		r.equal("num_queues", r.read(rNumQueues, 2), 3)
	})
}
