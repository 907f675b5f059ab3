package conformance

import (
	"bytes"
	"encoding/binary"
	"slices"

	. "github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of struct virtio_balloon_config (5.5.4), and its queues.
const (
	balloonNumPages = 0
	balloonActual   = 4
	balloonPoison   = 12

	inflateQueue = 0
	deflateQueue = 1
	statsQueue   = 2
	reportQueue  = 3 // without FREE_PAGE_HINT
)

var balloonSentences = []sentence{
	must("4.1.2.1", everywhere, "has the device ID 0x1002 or 0x1045", func(e *env) { e.balloon().identified(0x1002, 0x1045) }),
	described("5.5.2", everywhere, "has inflateq, deflateq, statsq and reporting_vq", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ, PageReporting)
		b.equal("queues", uint64(len(b.rings)), 4)
		for i := range b.rings {
			if i != statsQueue {
				b.sends(i, readable(b.ram(), le32(0))...)
			}
		}
	}),
	must("5.5.3.2.0.1", legacy, "supports drivers that have not accepted MUST_TELL_HOST", func(e *env) {
		b := e.balloon()
		if b.offered().Has(MustTellHost) {
			e.Error("it is offered")
		}
		b.start()
		b.reuses()
	}),
	described("5.5.6", everywhere, "lets a page that was in the balloon be used again, without MUST_TELL_HOST before it is deflated", func(e *env) {
		b := e.balloon()
		b.start()
		b.reuses()
	}),
	described("5.5.4", everywhere, "asks for pages in num_pages, with a configuration change notification", func(e *env) {
		b := e.balloon()
		b.startVectors()
		b.sends(deflateQueue, readable(b.ram(), le32(0))...) // it runs
		b.device.SetTarget(ramSize - 100*page)
		b.eventually("a notification", func() bool { return b.messages(0) > 0 })
		b.equal("num_pages", b.deviceConfig(balloonNumPages, 4), 100)
	}),
	must("5.5.4.0.0.1", legacy, "has its fields in little-endian order", func(e *env) {
		b := e.balloon()
		b.device.SetTarget(ramSize - 0x1234*page)
		b.equal("low byte of num_pages", b.deviceConfig(balloonNumPages, 1), 0x34)
		b.equal("next byte of num_pages", b.deviceConfig(balloonNumPages+1, 1), 0x12)
	}),
	described("5.5.4", everywhere, "takes what the driver writes to actual", func(e *env) {
		b := e.balloon()
		b.start()
		b.setDeviceConfig(balloonActual, 4, 100)
		b.equal("actual", b.deviceConfig(balloonActual, 4), 100)
		b.equal("memory that is left", b.device.Actual(), ramSize-100*page)
	}),
	may("5.5.6.2", everywhere, "has taken a page from the guest when its inflate request is used", func(e *env) {
		b := e.balloon()
		b.start()
		kept, taken := b.page(), b.page()
		b.sends(inflateQueue, readable(b.ram(), le32(uint32(taken/page)))...)
		if b.ram().Bytes(taken, 1)[0] != 0 {
			e.Error("the page has its contents")
		}
		if b.ram().Bytes(kept, 1)[0] == 0 {
			e.Error("another page has lost its contents")
		}
	}),
	survives("5.5.6.1", everywhere, "comes to no harm by pages that are no memory, and by half a page number", func(e *env) {
		b := e.balloon()
		b.start()
		b.sends(inflateQueue, readable(b.ram(), slices.Concat(le32(0xffffffff), le32(ramSize/page), []byte{1, 2}))...)
		b.reuses()
	}),
	must("5.5.6.3.2", everywhere, "ignores statistics whose tag it does not know", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ)
		b.reports(statistic(999, 1), statistic(4, 4711), statistic(0x8000, 1))
		b.eventually("the statistic between", func() bool { return b.device.Stats().Values[4] == 4711 })
	}),
	must("5.5.6.3.2", everywhere, "takes statistics in any order", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ)
		b.reports(statistic(5, 50), statistic(0, 7), statistic(4, 40))
		b.eventually("all of them", func() bool {
			v := b.device.Stats().Values
			return v[0] == 7 && v[4] == 40 && v[5] == 50
		})
	}),
	must("5.5.6.3.3", legacy, "takes statistics in the guest's native order, which is little-endian", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ)
		b.reports([]byte{4, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0})
		b.eventually("the statistic", func() bool { return b.device.Stats().Values[4] == 0x1234 })
	}),
	should("5.5.6.3.3", legacy, "ignores the first buffer of statistics", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ)
		b.reports(statistic(4, 1))
		b.eventually("the statistic", func() bool { return b.device.Stats().Values[4] == 1 })
	}).deviates("the first buffer counts like all others"),
	described("5.5.6.3", everywhere, "keeps the buffer of statistics until it wants others", func(e *env) {
		b := e.balloon()
		b.start(StatsVQ)
		b.reports(statistic(4, 1))
		b.eventually("the statistic", func() bool { return b.device.Stats().Values[4] == 1 })
		b.equal("used buffers", uint64(b.rings[statsQueue].Pending()), 0)
		if err := b.device.SetStatsInterval(1); err != nil {
			e.Fatal(err)
		}
		b.rings[statsQueue].Wait(patience)
	}),
	may("5.5.6.7.2", everywhere, "has taken a reported page when the report is used, without PAGE_POISON", func(e *env) {
		b := e.balloon()
		b.start(PageReporting)
		kept, taken := b.page(), b.page()
		b.sends(reportQueue, virtiotest.Writable(taken, page))
		if b.ram().Bytes(taken, 1)[0] != 0 || b.ram().Bytes(kept, 1)[0] == 0 {
			e.Error("not the one page alone")
		}
	}),
	must("5.5.6.7.2", everywhere, "with PAGE_POISON changes a reported page to nothing but poison_val", func(e *env) {
		b := e.balloon()
		b.prepare(virtio.FeaturesOf(PageReporting, PagePoison))
		b.setDeviceConfig(balloonPoison, 4, 0xaaaaaaaa)
		b.ready()
		at := b.page()
		copy(b.ram().Bytes(at, page), bytes.Repeat([]byte{0xaa}, page))
		b.sends(reportQueue, virtiotest.Writable(at, page))
		if !bytes.Equal(b.ram().Bytes(at, page), bytes.Repeat([]byte{0xaa}, page)) {
			e.Error("the page has other contents")
		}
	}),
	may("5.5.6.6.2", everywhere, "takes poison_val for a hint: pages that are poisoned with 0 can be taken", func(e *env) {
		b := e.balloon()
		b.prepare(virtio.FeaturesOf(PageReporting, PagePoison))
		b.setDeviceConfig(balloonPoison, 4, 0)
		b.ready()
		at := b.page()
		b.sends(reportQueue, virtiotest.Writable(at, page))
		b.equal("first byte", uint64(b.ram().Bytes(at, 1)[0]), 0)
	}),
	untested("5.5.3.2", mayWord, "fails FEATURES_OK for a driver that has not accepted MUST_TELL_HOST", "MUST_TELL_HOST is not offered"),
	untested("5.5.6.2", mayWord, "with MUST_TELL_HOST changes a page until it is deflated", "MUST_TELL_HOST is not offered"),
	untested("5.5.6.5.2", shouldWord, "sets free_page_hint_cmd_id to STOP when it has no use for hints", noHints),
	untested("5.5.6.5.2", mustWord, "does not use a command ID again before the driver has sent STOP, and ignores pages of another one", noHints),
	untested("5.5.6.5.2", mustWord, "changes no hinted page after DONE, and sets DONE when it needs none any more", noHints),
	untested("5.5.6.2.1", shouldWord, "does not use actual before its last byte is written", "nothing depends on it but what the user is shown"),
}

const noHints = "hints are for migration, which there is not: the device never asks for any"

// A balloon is one between a driver and its host.
type balloon struct {
	*driver
	device *Device
}

func (e *env) balloon() *balloon {
	e.Helper()
	device, err := New(Config{RAM: ramSize, Features: DefaultFeatures.With(PageReporting)})
	if err != nil {
		e.Fatal(err)
	}
	return &balloon{e.attach(device, nil).drive(), device}
}

// page allocates one that is not zero.
func (b *balloon) page() (gpa uint64) {
	b.Helper()
	gpa = b.ram().Alloc(page, page)
	b.ram().Bytes(gpa, 1)[0] = 0xaa
	return gpa
}

// sends makes buffers available and waits until they are used.
func (b *balloon) sends(queue int, bufs ...virtiotest.Buffer) {
	b.Helper()
	b.rings[queue].Add(bufs...)
	b.rings[queue].Kick()
	b.rings[queue].Wait(patience)
}

// reuses gives a page up and takes it back as a driver does that uses it first.
func (b *balloon) reuses() {
	b.Helper()
	at := b.page()
	b.sends(inflateQueue, readable(b.ram(), le32(uint32(at/page)))...)
	b.ram().Bytes(at, 1)[0] = 0xbb
	b.sends(deflateQueue, readable(b.ram(), le32(uint32(at/page)))...)
	b.equal("what was written to the page", uint64(b.ram().Bytes(at, 1)[0]), 0xbb)
}

// reports sends statistics.
func (b *balloon) reports(records ...[]byte) {
	b.Helper()
	b.rings[statsQueue].Add(readable(b.ram(), slices.Concat(records...))...)
	b.rings[statsQueue].Kick()
}

// statistic is struct virtio_balloon_stat.
func statistic(tag uint16, v uint64) []byte {
	return binary.LittleEndian.AppendUint64(le16(tag), v)
}
