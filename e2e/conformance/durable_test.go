package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtioblk"
	"github.com/drydock-vmm/drydock/virtio"
)

var durableSentences = []sentence{
	must("5.2.6.2", everywhere, "has committed what was written when a FLUSH that followed is done", func(e *env) {
		d := e.drive()
		d.start(Flush)
		b := d.write(3)
		d.status("a flush", blockOK, blockFlush, 0, nil)
		d.stable(3, b, true)
	}),
	may("5.2.6.2", everywhere, "leaves a write volatile until then", func(e *env) {
		d := e.drive()
		d.start(Flush)
		d.stable(3, d.write(3), false)
	}),
	must("5.2.6.2", everywhere, "has committed each write when it is done if the driver has accepted neither CONFIG_WCE nor FLUSH", func(e *env) {
		d := e.drive()
		d.start()
		for i := range 5 {
			d.stable(i, d.write(i), true)
		}
	}),
	must("5.2.6.2", everywhere, "has committed each write when it is done while writeback is 0, with CONFIG_WCE", func(e *env) {
		d := e.drive()
		d.start(ConfigWCE, Flush)
		d.setDeviceConfig(blockWriteback, 1, 0)
		d.stable(3, d.write(3), true)
		d.setDeviceConfig(blockWriteback, 1, 1)
		d.stable(4, d.write(4), false)
		d.setDeviceConfig(blockWriteback, 1, 0)
		d.stable(5, d.write(5), true)
	}),
	must("5.2.6.2", everywhere, "has committed zeroes like a write", func(e *env) {
		d := e.drive()
		d.start(WriteZeroes)
		d.write(3)
		d.status("zeroes", blockOK, blockWriteZeroes, 0, extent(3, 1, 0))
		d.stable(3, make([]byte, sector), true)
	}),
	described("5.2.4", everywhere, "shows in writeback whether it has a write cache", func(e *env) {
		d := e.drive()
		d.start(ConfigWCE, Flush)
		d.equal("writeback", d.deviceConfig(blockWriteback, 1), 1)
		for _, v := range []uint64{0, 1} {
			d.setDeviceConfig(blockWriteback, 1, v)
			d.equal("writeback", d.deviceConfig(blockWriteback, 1), v)
		}
	}),
	must("5.2.5.2", everywhere, "has 0 in writeback at first if CONFIG_WCE is accepted and FLUSH is not", func(e *env) {
		d := e.drive()
		d.start(ConfigWCE)
		d.write(3) // it runs
		d.equal("writeback", d.deviceConfig(blockWriteback, 1), 1)
	}).deviates("writeback is as the user wants it, and the driver's to change"),
	described("5.2.5.3", legacy, "lets the driver read and write writeback before it sets DRIVER", func(e *env) {
		d := e.drive()
		d.reset()
		d.setDeviceConfig(blockWriteback, 1, 0)
		d.equal("writeback", d.deviceConfig(blockWriteback, 1), 0)
	}),
	must("5.2.5.3", legacy, "does not change the cache mode by a status bit, unless it is DRIVER_OK without CONFIG_WCE", func(e *env) {
		d := e.drive()
		for _, v := range []uint64{0, 1} {
			d.negotiate(virtio.FeaturesOf(ConfigWCE, Flush))
			d.setDeviceConfig(blockWriteback, 1, v)
			for _, s := range []byte{acknowledge | driverBit, acknowledge | driverBit | driverOK} {
				d.setStatus(s)
				d.equal("writeback", d.deviceConfig(blockWriteback, 1), v)
			}
		}
	}),
	must("5.2.5.3", legacy, "does not change the cache mode by what the driver writes to the features", func(e *env) {
		d := e.drive()
		d.begin()
		for _, f := range []virtio.Features{virtio.FeaturesOf(ConfigWCE), virtio.FeaturesOf(Flush), {}, virtio.FeaturesOf(ConfigWCE, Flush)} {
			d.setFeature(0, f.Word(0))
			d.equal("writeback", d.deviceConfig(blockWriteback, 1), 1)
		}
	}),
}

// stable checks whether bytes stand on the disk that are left without power.
func (d *drive) stable(at int, b []byte, want bool) {
	d.Helper()
	if now, always := d.disk.holds(at, b); !now || always != want {
		d.Errorf("sector %d: written %v, committed %v, want %v", at, now, always, want)
	}
}
