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
		if got := accepted(r); got != netFeatures {
			t.Errorf("accepted %x, want %x", got, netFeatures)
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
	t.Run("2.2.3: the modern interface cannot accept legacy bits", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(netLegacy.With(virtio.Version1))
		if got := accepted(r); got != virtio.FeaturesOf(virtio.Version1) {
			t.Errorf("accepted %x", got)
		}
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
