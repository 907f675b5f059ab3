package virtioballoon

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

const ramSize = 16 << 20

// Numbers of the queues where all of them exist.
const (
	inflateQueue = iota
	deflateQueue
	statsQueue
	hintQueue
	reportQueue
)

// A driver is the guest's side of a device.
type driver struct {
	*virtiotest.Harness
	t   *testing.T
	dev *Device
}

func device(t *testing.T, c Config) *Device {
	t.Helper()
	c.RAM = ramSize
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func start(t *testing.T, c Config) *driver {
	t.Helper()
	dev := device(t, c)
	return &driver{t: t, dev: dev, Harness: virtiotest.Start(t, dev, dev.Info().Features, virtiotest.Options{RAM: ramSize})}
}

// send makes the buffers available and waits until they have been used.
func (d *driver) send(queue int, bufs ...virtiotest.Buffer) {
	d.t.Helper()
	d.Queue(queue).Add(bufs...)
	d.Queue(queue).Kick()
	d.Queue(queue).Wait(patience)
}

func (d *driver) readable(b []byte) virtiotest.Buffer {
	return virtiotest.Readable(d.RAM.Put(b), len(b))
}

// list is a list of page numbers.
func list(pages ...uint32) (b []byte) {
	for _, n := range pages {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// touched allocates n pages and writes to all of them.
func (d *driver) touched(n int) (gpa uint64) {
	gpa = d.RAM.Alloc(n*pageSize, pageSize)
	for b := d.RAM.Bytes(gpa, n*pageSize); len(b) > 0; b = b[pageSize:] {
		b[0] = 0xaa
	}
	return gpa
}

// resident is how many of n pages are in the host's memory.
func (d *driver) resident(gpa uint64, n int) (count int) {
	d.t.Helper()
	b, in := d.RAM.Bytes(gpa, n*pageSize), make([]byte, n)
	if err := mincore(b, in); err != nil {
		d.t.Fatal(err)
	}
	for _, v := range in {
		count += int(v & 1)
	}
	return count
}

// set writes a field of the configuration space, as a driver that accepted all.
func (d *driver) set(off int, v uint32) {
	info := d.dev.Info()
	info.Config.Write(info.Features, off, binary.LittleEndian.AppendUint32(nil, v))
}

// record is one statistic as the driver sends it.
func record(tag uint16, value uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint16(nil, tag), value)
}

func mincore(b, in []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, address(b), uintptr(len(b)), address(in))
	if errno != 0 {
		return errno
	}
	return nil
}

var all = DefaultFeatures.With(DeflateOnOOM, FreePageHint, PagePoison, PageReporting)

// rings are what is offered besides for each kind that a driver can choose of.
var rings = map[string]virtio.Features{
	"split": {}, "packed": virtio.FeaturesOf(virtio.RingPacked), "packed in order": virtio.FeaturesOf(virtio.RingPacked, virtio.InOrder),
}

// onRings runs a test on each kind of ring, with all that a balloon can do.
func onRings(t *testing.T, test func(d *driver)) {
	for name, kind := range rings {
		t.Run(name, func(t *testing.T) {
			d := start(t, Config{Features: all.Or(kind)})
			test(d)
		})
	}
}
