package virtionet

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// FuzzCommand feeds commands to the control queue's handlers, as one descriptor or cut in two: no input panics, and the
// filter keeps its bounds.
func FuzzCommand(f *testing.F) {
	f.Add([]byte{0, 0, 0}, uint8(1))
	f.Add(join([]byte{1, 0}, list(many(2)...), list(many(1)...)), uint8(2))
	f.Add([]byte{1, 0, 0xab, 0xaa, 0xaa, 0x2a, 1, 2, 3, 4, 5, 6}, uint8(0))
	f.Add([]byte{2, 0, 0xff, 0x0f}, uint8(3))
	f.Add([]byte{4, 0, 2, 0}, uint8(3))
	f.Add([]byte{5, 0, 0x82, 0, 0, 0, 0, 0, 0, 0}, uint8(3))
	nd, _ := pipe(f, tapOffload, 2)
	d := device(f, Config{Netdev: nd, MQ: true})
	l, err := d.begin(virtio.NewSession(modern.features.Or(control).Or(guestOffloads).With(MQ), false, nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.end(l) })
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		if len(data) < commandHeaderLen {
			return
		}
		k := controller{life: l}
		k.obey(&reader{vecs: split(data, min(int(cut), len(data))), left: uint64(len(data))})
		fl := l.filter.Load()
		if fl.firstMulti > fl.inUse || fl.inUse > macTableEntries {
			t.Fatalf("the table has %d entries, multicast from %d", fl.inUse, fl.firstMulti)
		}
		if n := l.active.Load(); n < 1 || n > 2 {
			t.Fatalf("%d pairs in use", n)
		}
	})
}

// FuzzRings runs the device on rings whose descriptors, heads and index the input makes up, with frames on their way: it goes
// on or ends with a violation, and stops when it is told to.
func FuzzRings(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 0, 1, 0, 2, 0, 0}, uint8(0), uint16(60))
	f.Add([]byte{3, 9, 3, 1, 2, 1, 9, 2, 0, 200}, uint8(3), uint16(9000))
	f.Fuzz(func(t *testing.T, script []byte, shape uint8, size uint16) {
		m := modes[int(shape)%len(modes)]
		can := noOffload
		if shape&4 != 0 {
			can = tapOffload
		}
		r := start(t, can, m.features, Config{}, virtiotest.Options{RAM: 1 << 20, Sizes: map[int]uint16{0: 8, 1: 8, 2: 8}})
		for i := range 3 {
			scribble(r.Queue(i), m.features.Has(virtio.RingPacked), script)
		}
		for i := range byte(4) {
			r.send(nil, frame(max(1, int(size)), i))
		}
		time.Sleep(time.Millisecond)
		var v *virtio.Violation
		if err := r.Stop(); err != nil && !errors.As(err, &v) {
			t.Fatal(err)
		}
	})
}

// scribble takes five bytes for a descriptor: address and length in units that reach beyond RAM, flags and next, or id.
func scribble(ring *virtiotest.Ring, packed bool, script []byte) {
	n := 0
	for ; len(script) >= 5 && n < ring.Size; n++ {
		addr := uint64(script[0]) << 13
		length := uint32(binary.LittleEndian.Uint16(script[1:])) % 3000
		if packed {
			flags := uint16(script[3]%8) | uint16(script[3])&virtiotest.AvailFlag | uint16(script[3]&0x40)<<9
			ring.SetPacked(n, addr, length, uint16(script[4]), flags)
		} else {
			ring.SetDescriptor(n, addr, length, uint16(script[3]%8), uint16(script[4]%10))
			ring.SetAvailEntry(n, uint16(script[4]>>4)%10)
		}
		script = script[5:]
	}
	if !packed {
		ring.SetAvailIdx(uint16(n))
	}
	ring.OnKick()
}
