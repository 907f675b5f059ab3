package virtio_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// FuzzSplitQueue lays a ring of 7 or 8 in 4 KiB of the fuzzer's bytes, at addresses of its choice, and lets it move the device
// and scribble over all of it in between: nothing may panic, hang or hand out memory that is not the guest's.
func FuzzSplitQueue(f *testing.F) {
	f.Add([]byte{}, []byte{0, 1, 2, 3})
	f.Add(seedRing(vt.Descriptor(64, 100, vt.Write, 0)), []byte{0x13, 0x32, 0x03, 0x25, 0x16, 0x37})
	f.Add(seedRing(vt.Descriptor(256, 48, vt.Indirect, 0)), []byte{0x03, 0x04, 0x05, 0x41})
	f.Add(seedRing(vt.Descriptor(64, 1, vt.Next, 0)), []byte{0x03})
	f.Fuzz(func(t *testing.T, mem, ops []byte) {
		ram := vt.NewRAM(t, 4096)
		copy(ram.Bytes(0, 4096), mem)
		features := virtio.FeaturesOf(virtio.NotifyOnEmpty).WithWord(0, uint32(len(ops))<<28)
		z := newFuzzed(t, ram, virtio.QueueConfig{Size: 7 + uint16(len(mem))%2, Desc: 0, Avail: 128, Used: 160, Features: features})
		z.post = func(byte) { ram.Bytes(130, 1)[0]++ } // the driver's index goes on
		z.run(ops)
	})
}

// FuzzPackedQueue is FuzzSplitQueue for a packed ring of 7. What it posts is a descriptor whose flags become available in the
// first or in the second lap.
func FuzzPackedQueue(f *testing.F) {
	f.Add([]byte{}, []byte{0, 1, 2, 3})
	f.Add(seedPacked(vt.Descriptor(1024, 100, 1, vt.Write)), []byte{0x07, 0x13, 0x32, 0x03, 0x25, 0x16, 0x37, 0x0f, 0x00, 0x01, 0x02})
	f.Add(seedPacked(vt.Descriptor(256, 48, 2, vt.Indirect)), []byte{0x07, 0x03, 0x04, 0x05, 0x41, 0x17, 0x27, 0x03})
	f.Add(seedPacked(vt.Descriptor(1024, 1, 3, vt.Next|vt.AvailFlag)), []byte{0x03})
	f.Fuzz(func(t *testing.T, mem, ops []byte) {
		ram := vt.NewRAM(t, 4096)
		copy(ram.Bytes(0, 4096), mem)
		features := virtio.FeaturesOf(virtio.RingPacked).WithWord(0, uint32(len(ops))<<28)
		if len(mem)%2 == 1 {
			features = features.With(virtio.InOrder)
		}
		z := newFuzzed(t, ram, virtio.QueueConfig{Size: 7, Desc: 0, Avail: 128, Used: 132, Features: features})
		z.post = func(op byte) {
			flags := ram.Bytes(16*uint64(op>>3)%112+14, 2)
			flags[0], flags[1] = flags[0]&0x7f|op&0x80, flags[1]&0x7f|^op&0x80
		}
		z.run(ops)
	})
}

func seedPacked(d []byte) []byte {
	b := seedRing(d)
	clear(b[128:160])
	for i := range 7 {
		copy(b[16*i:], d)
	}
	for i := 256; i < 304; i += 16 {
		b[i+12], b[i+14] = 0, b[i+12]&vt.Write
	}
	return b
}

// seedRing is memory in which all entries of the ring are one descriptor, and eight are available.
func seedRing(d []byte) []byte {
	b := make([]byte, 512)
	copy(b, d)
	b[130] = 8
	copy(b[256:], vt.Descriptor(512, 16, vt.Next, 1))
	copy(b[272:], vt.Descriptor(600, 16, vt.Next|vt.Write, 2))
	copy(b[288:], vt.Descriptor(700, 1600, vt.Write, 0))
	return b
}

type fuzzed struct {
	*testing.T
	ram  *vt.RAM
	q    *virtio.Queue
	held []*virtio.Chain
	post func(op byte)
}

func newFuzzed(t *testing.T, ram *vt.RAM, c virtio.QueueConfig) *fuzzed {
	c.Memory, c.Kick, c.Interrupt = ram, eventfd(t), func() {}
	return &fuzzed{T: t, ram: ram, q: newQueue(t, c)}
}

func (z *fuzzed) run(ops []byte) {
	for i := 0; i < len(ops) && i < 1000 && z.step(ops[i]); i++ {
	}
}

// step does what the low bits of op say, with its high bits for how much. It reports false when the queue is broken.
func (z *fuzzed) step(op byte) bool {
	n := int(op >> 3)
	switch op & 7 {
	case 0:
		c, err := z.q.Pop()
		if c != nil {
			z.chain(c)
			z.held = append(z.held, c)
		}
		return err == nil
	case 1:
		if len(z.held) > 0 {
			i := n % len(z.held)
			z.q.Push(z.held[i], uint32(n))
			z.held = append(z.held[:i], z.held[i+1:]...)
		}
	case 2:
		z.q.Publish()
		z.q.Notify()
	case 3:
		r, err := z.q.Reserve(uint64(n*n), n)
		if err != nil {
			return false
		}
		z.inRAM(r.Chains() <= n, r.Len)
		for _, v := range r.Vecs {
			clear(bytesOf(v)) // may be the rings themselves
		}
		r.Commit(uint64(n * 7))
	case 4:
		z.q.DisableKicks()
	case 5:
		z.q.EnableKicks()
	case 6:
		z.inRAM(z.q.Posted().Chains <= z.q.Size(), 0)
	case 7:
		b := z.ram.Bytes(0, 512)
		b[int(op)*37%512] ^= byte(n + 1)
		z.post(op)
	}
	return true
}

func (z *fuzzed) chain(c *virtio.Chain) {
	var read, write uint64
	for _, v := range c.Read {
		read += v.Len
		z.inRAM(len(bytesOf(v)) > 0, v.Len)
	}
	for _, v := range c.Write {
		write += v.Len
		z.inRAM(len(bytesOf(v)) > 0, v.Len)
		clear(bytesOf(v))
	}
	if read != c.ReadLen || write != c.WriteLen || len(c.Read)+len(c.Write) > 1024 {
		z.Fatalf("%d and %d bytes in %d and %d vectors", c.ReadLen, c.WriteLen, len(c.Read), len(c.Write))
	}
}

func (z *fuzzed) inRAM(ok bool, n uint64) {
	if !ok || n > 1024*4096*8 {
		z.Fatalf("%d bytes out of 4096 of RAM", n)
	}
}
