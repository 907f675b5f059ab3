package virtioblk

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// A rig is a device between a driver and a disk.
type rig struct {
	*virtiotest.Harness
	t      testing.TB
	device *Device
	path   string // of the image, if it is one
	kicks  []int  // eventfds of queues that were paused, open for as long as the device runs
}

// imageSize is small enough to compare whole.
const imageSize = 256 << 10

var modern = virtio.FeaturesOf(virtio.Version1, virtio.IndirectDesc, virtio.EventIdx, Flush, ConfigWCE, Discard, WriteZeroes, SegMax, BlkSize)

// start runs a device on a raw image of imageSize bytes, unless c has a disk of its own.
func start(t testing.TB, c Config, f virtio.Features) *rig {
	t.Helper()
	r := &rig{t: t}
	if c.Disk == nil {
		r.path = filepath.Join(t.TempDir(), "disk.img")
		if err := os.WriteFile(r.path, pattern(imageSize, 1), 0o600); err != nil {
			t.Fatal(err)
		}
		c.Disk = open(t, r.path)
	}
	r.device = newDevice(t, c)
	if s, ok := c.Disk.(*script); ok {
		s.begin()
	}
	t.Cleanup(func() { // after the harness's own
		for _, fd := range r.kicks {
			_ = unix.Close(fd)
		}
	})
	r.Harness = virtiotest.Start(t, r.device, f, virtiotest.Options{Legacy: !f.Has(virtio.Version1), RAM: 64 << 20})
	return r
}

func newDevice(t testing.TB, c Config) *Device {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t testing.TB, path string) *block.File {
	t.Helper()
	f, err := block.Open(path, block.Options{Unmap: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// unlocked is an image that another process has open, too.
func unlocked(t testing.TB, path string) *block.File {
	t.Helper()
	f, err := block.Open(path, block.Options{NoLock: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func pattern(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)*7 ^ byte(i>>8)*13 ^ seed
	}
	return b
}

// A command is a request as the driver means it: what it sends behind the header, and how many bytes it wants back.
type command struct {
	kind   uint32
	sector uint64
	out    []byte
	in     int
}

func (c command) readable() []byte { return append(header(c.kind, c.sector), c.out...) }

func header(kind uint32, sector uint64) []byte {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint64(b, sector)
}

func segment(sector uint64, count, flags uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, sector)
	b = binary.LittleEndian.AppendUint32(b, count)
	return binary.LittleEndian.AppendUint32(b, flags)
}

// An answer is what the driver reads when a request has been used.
type answer struct {
	status byte
	in     []byte
	used   uint32
}

// A layout says how the readable and the writable bytes of a request are cut into descriptors: lengths in turn, the last of
// which holds on for the rest.
type layout struct {
	name        string
	read, write []int
	indirect    bool
}

var plain = layout{name: "header, data, status", read: []int{16, 1 << 30}, write: nil}

// A sent request waits to be used.
type sent struct {
	head uint16
	gpa  uint64
	in   int
}

// send makes a request available on a queue. The driver's next Kick shows it.
func (r *rig) send(q *virtiotest.Ring, c command, l layout) sent {
	r.t.Helper()
	gpa := r.RAM.Put(pattern(c.in+1, 0xee))
	writes := l.write
	if writes == nil {
		writes = []int{max(1, c.in), 1}
	}
	bufs := cut(r.RAM.Put(c.readable()), len(c.readable()), l.read, false)
	bufs = append(bufs, cut(gpa, c.in+1, writes, true)...)
	if l.indirect {
		return sent{q.AddIndirect(bufs...), gpa, c.in}
	}
	return sent{q.Add(bufs...), gpa, c.in}
}

func cut(gpa uint64, n int, lengths []int, write bool) (bufs []virtiotest.Buffer) {
	for i := 0; n > 0; i++ {
		k := min(n, lengths[min(i, len(lengths)-1)])
		bufs = append(bufs, virtiotest.Buffer{GPA: gpa, Len: uint32(k), Write: write})
		gpa, n = gpa+uint64(k), n-k
	}
	return bufs
}

func (r *rig) answer(s sent, used uint32) answer {
	b := r.RAM.Bytes(s.gpa, s.in+1)
	return answer{status: b[s.in], in: append([]byte(nil), b[:s.in]...), used: used}
}

// do sends one request and waits for its answer.
func (r *rig) do(c command, l layout) answer {
	r.t.Helper()
	q := r.Queue(0)
	s := r.send(q, c, l)
	q.Kick()
	u := q.Wait(patience)
	if u.Head != s.head {
		r.t.Errorf("chain %d was used, and %d sent", u.Head, s.head)
	}
	return r.answer(s, u.Len)
}

// want is do with a status that must come of it.
func (r *rig) want(c command, status byte) answer {
	r.t.Helper()
	a := r.do(c, plain)
	if a.status != status {
		r.t.Errorf("status %d, want %d", a.status, status)
	}
	if a.used != uint32(c.in+1) {
		r.t.Errorf("used length %d, want %d", a.used, c.in+1)
	}
	return a
}

func (r *rig) contents() []byte {
	r.t.Helper()
	b, err := os.ReadFile(r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// counted waits until the device has counted what the driver knows already.
func (r *rig) counted(what string, cond func(QueueStats) bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !cond(r.device.Stats().Queues[0]); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not in time: %s; %+v", what, r.device.Stats().Queues[0])
		}
	}
}
