package virtioblk

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// FuzzRequest makes the input a request, cut into descriptors as the input says: it gets a status or breaks the device, the image
// keeps its size, and a read-only one its bytes.
func FuzzRequest(f *testing.F) {
	f.Add(header(typeIn, 0), uint16(513), uint8(16), uint8(1), false)
	f.Add(append(header(typeOut, 7), make([]byte, 512)...), uint16(1), uint8(9), uint8(0), false)
	f.Add(append(header(typeWriteZeroes, 0), segment(1, 9, 1)...), uint16(1), uint8(0), uint8(3), false)
	f.Add(append(header(typeDiscard, 0), segment(0, 1<<31, 0)...), uint16(1), uint8(31), uint8(0), true)
	f.Add(header(typeGetID, 0), uint16(21), uint8(5), uint8(7), true)
	f.Add(append(header(typeSCSI, 0), make([]byte, 6)...), uint16(200), uint8(16), uint8(96), false)
	f.Fuzz(func(t *testing.T, readable []byte, writable uint16, cutRead, cutWrite uint8, readOnly bool) {
		if len(readable) > 4096 || len(readable)+int(writable) == 0 {
			return
		}
		r := start(t, Config{ReadOnly: readOnly}, modern)
		q := r.Queue(0)
		bufs := cut(r.RAM.Put(readable), len(readable), []int{int(cutRead) + 1, 1024}, false)
		bufs = append(bufs, cut(r.RAM.Alloc(int(writable)+1, 1), int(writable), []int{int(cutWrite) + 1, 1024}, true)...)
		head := q.Add(bufs...)
		q.Kick()
		r.follow(q, head, int(writable))
		if b := r.contents(); len(b) != imageSize || readOnly && string(b) != string(pattern(imageSize, 1)) {
			t.Error("the image has changed")
		}
	})
}

// follow waits until a request is used or has broken the device.
func (r *rig) follow(q *virtiotest.Ring, head uint16, writable int) {
	r.t.Helper()
	select {
	case <-q.Interrupted():
		if u, ok := q.Next(); !ok || u.Head != head || u.Len != uint32(writable) {
			r.t.Fatalf("used %+v", u)
		}
	case <-r.Done():
		r.Violation(patience)
	}
}

// FuzzRings runs the device on a ring whose descriptors, heads and index the input makes up: it goes on or ends with a violation, and
// stops when it is told to.
func FuzzRings(f *testing.F) {
	f.Add([]byte{1, 16, 0, 1, 1, 2, 0, 2, 3, 2, 4, 1, 0, 2, 0}, uint8(0))
	f.Add([]byte{1, 16, 0, 1, 1, 2, 0, 2, 2, 2, 255, 255, 255, 7, 9}, uint8(4))
	f.Fuzz(func(t *testing.T, script []byte, kind uint8) {
		r := start(t, Config{QueueSize: 8}, modern)
		for page := range uint64(4) { // descriptors point to the first of these, or beyond
			copy(r.RAM.Bytes(page<<19, 16), header(uint32(kind), page))
		}
		scribble(r.Queue(0), script)
		var v *virtio.Violation
		if err := r.Stop(); err != nil && !errors.As(err, &v) {
			t.Fatal(err)
		}
		if st, err := os.Stat(r.path); err != nil || st.Size() != imageSize {
			t.Errorf("the image: %v, %v", st, err)
		}
	})
}

// scribble takes five bytes for a descriptor: address and length in units that reach beyond RAM, flags and next.
func scribble(ring *virtiotest.Ring, script []byte) {
	n := 0
	for ; len(script) >= 5 && n < ring.Size; n++ {
		addr := uint64(script[0]) << 19
		length := uint32(binary.LittleEndian.Uint16(script[1:])) % 3000
		ring.SetDescriptor(n, addr, length, uint16(script[3]%8), uint16(script[4]%10))
		ring.SetAvailEntry(n, uint16(script[4]>>4)%10)
		script = script[5:]
	}
	ring.SetAvailIdx(uint16(n))
	ring.OnKick()
}
