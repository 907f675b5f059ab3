package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

// A floor is one bare system call on the tap, again and again: what is left when a machine costs nothing.
type floor struct {
	label  string
	number uintptr
	vector bool // readv or writev, over pages
	sends  bool
}

var floors = []contender{
	&floor{label: "read", number: unix.SYS_READ},
	&floor{label: "readv", number: unix.SYS_READV, vector: true},
	&floor{label: "write", number: unix.SYS_WRITE, sends: true},
	&floor{label: "writev", number: unix.SYS_WRITEV, vector: true, sends: true},
}

func (f *floor) name() string { return f.label }

// can: one floor a size is enough.
func (f *floor) can(c *configuration) bool {
	switch c.label {
	case "burst 64B mrg", "burst 1514B mrg", "burst 64K mrg":
		return !f.sends
	case "tx 64B", "tx 64K":
		return f.sends
	}
	return false
}

// mergedHeader is what the tap puts before each frame for a guest with MRG_RXBUF.
const mergedHeader = 12

func (f *floor) run(_ context.Context, r *round) (rows []row, err error) {
	tap, err := net.OpenTap(net.TapConfig{Name: tapName, VNetHdr: net.VNetHdrOn})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tap.Close()) }()
	err = errors.Join(tap.SetHeader(mergedHeader), tap.SetOffload(net.OffloadCsum|net.OffloadTSO4|net.OffloadTSO6))
	if err != nil {
		return nil, err
	}
	frames := r.extent.frames[r.frame]
	ring := newRing(f.vector, r.frame.size+mergedHeader)
	if f.sends {
		ring.fill(r.frame)
	} else if err := r.wire.send(r.frame, frames); err != nil {
		return nil, err
	}
	measured, err := f.repeat(tap.Links()[0].FD(), ring, frames)
	if err != nil {
		return nil, err
	}
	measured.Packets, measured.Bytes = uint64(frames), uint64(frames)*uint64(r.frame.size)
	return []row{measured}, nil
}

// repeat is the measured loop.
func (f *floor) repeat(fd int, r *ring, frames int) (row, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin, cpu := time.Now(), threadTime()
	for i := range frames {
		p, n := r.next(i)
		if got, _, errno := unix.RawSyscall(f.number, uintptr(fd), uintptr(p), n); errno != 0 || int(got) != r.size {
			return row{}, fmt.Errorf("%s of frame %d of %d: %d bytes, %v", f.label, i, frames, got, errno)
		}
	}
	return row{Micros: uint64(time.Since(begin).Microseconds()), CPU: threadTime() - cpu}, nil
}

const page = 4096

// A ring is as much memory as a guest's receive ring has, used in turn: one frame in the cache would be no measure.
type ring struct {
	mem   []byte
	vecs  []unix.Iovec // of one frame each, one after the other; nil without vectors
	size  int          // of a frame, header included
	pages int          // of a frame
	slots int
}

const ringPages = 256

func newRing(vector bool, size int) *ring {
	r := &ring{mem: make([]byte, ringPages*page), size: size, pages: (size + page - 1) / page}
	r.slots = ringPages / r.pages
	for i := range r.mem[:len(r.mem)/page] {
		r.mem[i*page] = 1 // the first touch of a page is not what is measured
	}
	for at := 0; vector && at < r.slots*r.pages; at++ {
		left := size - at%r.pages*page
		r.vecs = append(r.vecs, unix.Iovec{Base: &r.mem[at*page], Len: uint64(min(left, page))})
	}
	return r
}

// next is the second and third argument of the call for frame i.
func (r *ring) next(i int) (unsafe.Pointer, uintptr) {
	at := i % r.slots * r.pages
	if r.vecs != nil {
		return unsafe.Pointer(&r.vecs[at]), uintptr(r.pages)
	}
	return unsafe.Pointer(&r.mem[at*page]), uintptr(r.size)
}

// fill puts the frame that is sent into each slot.
func (r *ring) fill(s shape) {
	frame := s.outgoing()
	for i := range r.slots {
		copy(r.mem[i*r.pages*page:], frame)
	}
}
