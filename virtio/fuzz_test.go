package virtio_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// FuzzSplitQueue lays a ring of 8 in 4 KiB of the fuzzer's bytes, at addresses of its choice, and lets it move the device
// and scribble over all of it in between: nothing may panic, hang or hand out memory that is not the guest's.
func FuzzSplitQueue(f *testing.F) {
	f.Add([]byte{}, []byte{0, 1, 2, 3})
	f.Add(seedRing(vt.Descriptor(64, 100, vt.Write, 0)), []byte{0x13, 0x32, 0x03, 0x25, 0x16, 0x37})
	f.Add(seedRing(vt.Descriptor(256, 48, vt.Indirect, 0)), []byte{0x03, 0x04, 0x05, 0x41})
	f.Add(seedRing(vt.Descriptor(64, 1, vt.Next, 0)), []byte{0x03})
	f.Fuzz(func(t *testing.T, mem, ops []byte) {
		ram := vt.NewRAM(t, 4096)
		copy(ram.Bytes(0, 4096), mem)
		z := fuzzed{T: t, ram: ram, q: newQueue(t, virtio.QueueConfig{
			Size: 8, Desc: 0, Avail: 128, Used: 160, Memory: ram, Kick: eventfd(t), Interrupt: func() {},
			Features: virtio.FeaturesOf(virtio.NotifyOnEmpty).WithWord(0, uint32(len(ops))<<28),
		})}
		for i := 0; i < len(ops) && i < 1000 && z.step(ops[i]); i++ {
		}
	})
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
		b[130]++ // the driver's index goes on
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
