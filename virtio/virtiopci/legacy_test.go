package virtiopci

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// legacyDrive is a legacy driver up to a given status with queue 0 at page 16; its parts are where area(0) is not.
func (r *rig) legacyDrive(status uint64) {
	r.out(18, 1, 0)
	r.out(18, 1, 1)
	r.out(18, 1, 3)
	r.out(4, 4, 0x20)
	r.out(14, 2, 0)
	r.out(8, 4, 0x10)
	r.out(18, 1, status)
}

func TestLegacyRegisters(t *testing.T) {
	t.Run("4.1.4.10: wide accesses are cut as QEMU cuts them", func(t *testing.T) {
		r := mappedRig(t, nil)
		for _, c := range []struct {
			off  uint64
			size int
			want uint64
		}{
			{12, 4, 0x100}, {10, 4, 0x100ffff}, {13, 4, 0xff0000ff}, {18, 2, 0}, {18, 4, 0x54520000}, {22, 4, 0x56341200},
			{26, 4, 0xffff0001}, {25, 4, 0xff000156}, {27, 2, 0xff00}, {16, 2, 0xffff}, {30, 2, 0xffff},
		} {
			r.equal("BAR0", r.in(c.off, c.size), c.want)
		}
	})
	t.Run("4.1.4.10: the configuration moves behind the vectors while MSI-X is enabled", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.equal("mac", r.in(20, 2), 0x5452)
		r.vectors()
		r.equal("config_vector", r.in(20, 2), 0xffff)
		r.out(22, 2, 2)
		r.equal("queue_vector", r.in(22, 2), 2)
		r.equal("mac", r.in(24, 2), 0x5452)
		r.setConfig(int(r.config(0x34, 1))+2, 2, 0)
		r.equal("mac", r.in(20, 2), 0x5452)
	})
	t.Run("queue_sel can be written as a byte", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(14, 1, 2)
		r.equal("queue_num", r.in(12, 2), 64)
	})
	t.Run("2.7.2: the ring lies in whole pages behind queue_pfn", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(8, 4, 0x10)
		want := ring{desc: 0x10000, avail: 0x11000, used: 0x12000}
		if got := r.t.queues[0].ring; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		r.equal("queue_pfn", r.in(8, 4), 0x10)
	})
	t.Run("queue_pfn of a queue that does not exist is ignored", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(14, 2, 5)
		r.out(8, 4, 0x777)
		r.equal("queue_pfn", r.in(8, 4), 0)
	})
	t.Run("4.1.5.1.3.1: the size of a queue is not negotiable", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(12, 2, 64)
		r.equal("queue_num", r.in(12, 2), 256)
	})
	t.Run("a queue_pfn of 0 resets the device", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.legacyDrive(7)
		r.session()
		r.out(8, 4, 0)
		r.equal("status", r.in(18, 1), 0)
		r.equal("guest_features", r.in(4, 4), 0)
	})
	t.Run("a status of exactly ACKNOWLEDGE and DRIVER sets bus master", func(t *testing.T) {
		r := newRig(t, nil)
		r.setConfig(0x10, 4, legacyPort)
		r.setConfig(0x04, 2, 1)
		r.out(18, 1, 0)
		r.out(18, 1, 1)
		r.equal("COMMAND", uint64(r.config(4, 2)), 1)
		r.out(18, 1, 3)
		r.equal("COMMAND", uint64(r.config(4, 2)), 5)
		r.out(18, 1, 7)
		r.session()
	})
	t.Run("3.1.2: the first kick starts a device before DRIVER_OK", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.legacyDrive(3)
		r.idle("before the first kick")
		r.out(16, 2, 0)
		s := r.session()
		if !s.Legacy || s.Queue(0) == nil || s.Queue(1) != nil {
			t.Errorf("session: legacy %v, queues %v %v", s.Legacy, s.Queue(0), s.Queue(1))
		}
		r.out(18, 1, 7)
		r.idle("a second time at DRIVER_OK")
	})
	t.Run("a kick does not start a device of which no ring is known", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(18, 1, 3)
		r.out(16, 2, 0)
		r.idle("without a ring")
	})
	t.Run("6.3: a session has the legacy bits that the driver accepted", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.out(18, 1, 3)
		r.out(4, 4, 1<<27|1<<24)
		r.out(18, 1, 7)
		if s := r.session(); s.Features != virtio.FeaturesOf(virtio.AnyLayout, virtio.NotifyOnEmpty) || !s.Legacy {
			t.Errorf("features %x, legacy %v", s.Features, s.Legacy)
		}
	})
}

func TestALegacyBARHasRoomForVectorsOnlyWhereThereAreSome(t *testing.T) {
	for _, c := range []struct {
		name    string
		vectors int
		want    uint64
	}{
		{"24 and 10 bytes", DefaultVectors, 0xffffffc1},
		{"20 and 10 bytes", 0, 0xffffffe1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(conf *Config, f *fake) {
				onePairMQ(conf, f)
				conf.Vectors = c.vectors
			})
			r.setConfig(0x10, 4, 0xffffffff)
			r.equal("BAR0", uint64(r.config(0x10, 4)), c.want)
		})
	}
}
