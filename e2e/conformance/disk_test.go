package conformance

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/virtioblk"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const sector = 512

// A memoryDisk is a disk with a write cache that forgets when the power goes.
type memoryDisk struct {
	mu        sync.Mutex
	cache     []byte // what a read gives
	stable    []byte // what is left without power
	discarded int64  // bytes
}

func newMemoryDisk(sectors int) *memoryDisk {
	return &memoryDisk{cache: make([]byte, sectors*sector), stable: make([]byte, sectors*sector)}
}

func (d *memoryDisk) ReadAt(iov []unix.Iovec, off int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range iov {
		off += int64(copy(unsafe.Slice(v.Base, v.Len), d.cache[off:]))
	}
	return nil
}

func (d *memoryDisk) WriteAt(iov []unix.Iovec, off int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range iov {
		off += int64(copy(d.cache[off:], unsafe.Slice(v.Base, v.Len)))
	}
	return nil
}

func (d *memoryDisk) Flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stable = bytes.Clone(d.cache)
	return nil
}

func (d *memoryDisk) Discard(_, n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.discarded += n
	return nil
}

func (d *memoryDisk) WriteZeroes(off, n int64, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.cache[off : off+n])
	return nil
}

func (d *memoryDisk) Size() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return int64(len(d.cache))
}

func (d *memoryDisk) Resize(n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cache = append(d.cache, make([]byte, n)...)[:n]
	return nil
}

// holds says whether the bytes stand at a sector, with power or without.
func (d *memoryDisk) holds(at int, b []byte) (now, always bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	off := at * sector
	return bytes.Equal(d.cache[off:off+len(b)], b), bytes.Equal(d.stable[off:off+len(b)], b)
}

// givenBack is how many bytes were discarded.
func (d *memoryDisk) givenBack() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.discarded
}

// A drive is a block device of 256 sectors between a driver and its disk.
type drive struct {
	*driver
	device *virtioblk.Device
	disk   *memoryDisk
}

func (e *env) drive(change ...func(*virtioblk.Config)) *drive {
	e.Helper()
	disk := newMemoryDisk(256)
	c := virtioblk.Config{Disk: disk, Features: virtioblk.DefaultFeatures()}
	for _, f := range change {
		f(&c)
	}
	device, err := virtioblk.New(c)
	if err != nil {
		e.Fatal(err)
	}
	return &drive{driver: e.attach(device, nil).drive(), device: device, disk: disk}
}

// Types of requests and their results (5.2.6).
const (
	blockIn          = 0
	blockOut         = 1
	blockFlush       = 4
	blockFlushOut    = 5
	blockGetID       = 8
	blockDiscard     = 11
	blockWriteZeroes = 13

	blockOK     = 0
	blockIOErr  = 1
	blockUnsupp = 2
)

// request sends a request with out behind its header and room for in bytes, and returns its status and them.
func (d *drive) request(kind uint32, at uint64, out []byte, in int) (byte, []byte) {
	d.Helper()
	return d.requestCut(kind, at, out, in, 16)
}

// requestCut does that with the device-readable part cut at the given lengths.
func (d *drive) requestCut(kind uint32, at uint64, out []byte, in int, cut ...int) (byte, []byte) {
	d.Helper()
	status := d.ram().Put([]byte{0xee})
	data := d.ram().Alloc(in, 1)
	bufs := readable(d.ram(), slices.Concat(le32(kind), le32(0), le64(at), out), cut...)
	if in > 0 {
		bufs = append(bufs, virtiotest.Writable(data, in))
	}
	ring := d.rings[0]
	ring.Add(append(bufs, virtiotest.Writable(status, 1))...)
	ring.Kick()
	ring.Wait(patience)
	return d.ram().Bytes(status, 1)[0], d.ram().Bytes(data, in)
}

// write writes a sector and returns what it wrote.
func (d *drive) write(at int) []byte {
	d.Helper()
	b := frame(sector, byte(at))
	if status, _ := d.request(blockOut, uint64(at), b, 0); status != blockOK {
		d.Fatalf("status %d of a write", status)
	}
	return b
}

// status checks that of a request without data from the device.
func (d *drive) status(what string, want byte, kind uint32, at uint64, out []byte) {
	d.Helper()
	got, _ := d.request(kind, at, out, 0)
	d.equal("status of "+what, uint64(got), uint64(want))
}

// extent is struct virtio_blk_discard_write_zeroes.
func extent(at uint64, sectors, flags uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, at)
	return slices.Concat(b, le32(sectors), le32(flags))
}
