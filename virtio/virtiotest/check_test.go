package virtiotest_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// verdict is a testing.TB that keeps what a check says. Fatal ends the case by a panic that judge recovers.
type verdict struct {
	testing.TB
	said []string
}

type fatal struct{}

func (v *verdict) Helper()                      {}
func (v *verdict) Error(args ...any)            { v.said = append(v.said, fmt.Sprint(args...)) }
func (v *verdict) Errorf(f string, args ...any) { v.said = append(v.said, fmt.Sprintf(f, args...)) }
func (v *verdict) Fatal(args ...any)            { v.Error(args...); panic(fatal{}) }
func (v *verdict) Fatalf(f string, args ...any) { v.Errorf(f, args...); panic(fatal{}) }

// crook is the device's side of a ring by hand, to do what no device may.
type crook struct {
	ring *virtiotest.Ring
	idx  uint16
}

func (c *crook) mem(gpa uint64, n int) []byte { return c.ring.RAM().Bytes(gpa, n) }

// heads are the first n entries of the available ring.
func (c *crook) heads(n int) (heads []uint16) {
	for b := c.mem(c.ring.Avail+4, 2*n); len(b) > 0; b = b[2:] {
		heads = append(heads, binary.LittleEndian.Uint16(b))
	}
	return heads
}

// use publishes used elements.
func (c *crook) use(used ...virtiotest.Used) {
	for _, u := range used {
		b := c.mem(c.ring.Used+4+8*uint64(c.idx), 8)
		binary.LittleEndian.PutUint32(b, uint32(u.Head))
		binary.LittleEndian.PutUint32(b[4:], u.Len)
		c.idx++
	}
	binary.LittleEndian.PutUint16(c.mem(c.ring.Used+2, 2), c.idx)
}

// A misdeed happens on a ring of 8 on which a readable and a writable byte are posted as chain head.
var misdeeds = map[string]struct {
	section string
	do      func(c *crook, head uint16, readable uint64)
}{
	"writing a descriptor": {"2.7.5.1", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Desc+7*16, 1)[0]++
	}},
	"writing the available ring": {"2.7.6", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Avail+4, 1)[0]++
	}},
	"writing a readable buffer that it uses": {"2.7.5.1", func(c *crook, head uint16, readable uint64) {
		c.mem(readable, 1)[0]++
		c.use(virtiotest.Used{Head: head})
	}},
	"writing a readable buffer that it keeps": {"2.7.5.1", func(c *crook, _ uint16, readable uint64) {
		c.mem(readable, 1)[0]++
	}},
	"claiming more bytes than are writable": {"2.7.8.2", func(c *crook, head uint16, _ uint64) {
		c.use(virtiotest.Used{Head: head, Len: 2})
	}},
	"using a chain that was not posted": {"2.7.8", func(c *crook, head uint16, _ uint64) {
		c.use(virtiotest.Used{Head: head ^ 1})
	}},
	"using a chain twice": {"2.7.8", func(c *crook, head uint16, _ uint64) {
		c.use(virtiotest.Used{Head: head}, virtiotest.Used{Head: head})
	}},
	"setting unknown bits of used.flags": {"2.7.10.2", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Used, 1)[0] = 2
	}},
	"setting used.flags with EVENT_IDX": {"2.7.10.2", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Used, 1)[0] = 1
	}},
}

func TestARingSeesADevice(t *testing.T) {
	for name, m := range misdeeds {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			judge(func() {
				ram := virtiotest.NewRAM(v, 1<<20)
				ring := virtiotest.NewRing(ram, 8, virtio.FeaturesOf(virtio.EventIdx))
				readable := ram.Put([]byte{1})
				head := ring.Add(virtiotest.Readable(readable, 1), virtiotest.Writable(ram.Alloc(1, 1), 1))
				ring.Publish()
				m.do(&crook{ring: ring}, head, readable)
				for ring.Pending() > 0 {
					ring.Next()
				}
				ring.Check()
			})
			v.mustSay(t, m.section)
		})
	}
}

// A swindle is a frame of 12 + 100 bytes put wrongly into three mergeable buffers of 60 bytes.
var swindles = map[string]struct {
	section  string
	features virtio.Features
	do       func(c *crook, heads []uint16)
}{
	"a middle buffer that is not full": {"5.1.9.4.1", virtio.FeaturesOf(mrgRxbuf), func(c *crook, h []uint16) {
		c.count(h[0], 2)
		c.use(virtiotest.Used{Head: h[0], Len: 59}, virtiotest.Used{Head: h[1], Len: 53})
	}},
	"num_buffers left unwritten": {"5.1.9.3.2", virtio.FeaturesOf(mrgRxbuf), func(c *crook, h []uint16) {
		c.use(virtiotest.Used{Head: h[0], Len: 60})
	}},
	"num_buffers of 0": {"5.1.9.3.2", virtio.FeaturesOf(mrgRxbuf), func(c *crook, h []uint16) {
		c.count(h[0], 0)
		c.use(virtiotest.Used{Head: h[0], Len: 60})
	}},
	"the second buffer published later": {"5.1.9.3.2", virtio.FeaturesOf(mrgRxbuf), func(c *crook, h []uint16) {
		c.count(h[0], 2)
		c.use(virtiotest.Used{Head: h[0], Len: 60})
	}},
	"two buffers though MRG_RXBUF was not negotiated": {"5.1.9.3.2", virtio.Features{}, func(c *crook, h []uint16) {
		c.count(h[0], 2)
		c.use(virtiotest.Used{Head: h[0], Len: 60}, virtiotest.Used{Head: h[1], Len: 52})
	}},
	"a frame without a whole header": {"5.1.9", virtio.Features{}, func(c *crook, h []uint16) {
		c.use(virtiotest.Used{Head: h[0], Len: 11})
	}},
}

// count writes num_buffers into the chain.
func (c *crook) count(head, n uint16) {
	addr := binary.LittleEndian.Uint64(c.mem(c.ring.Desc+16*uint64(head), 8))
	binary.LittleEndian.PutUint16(c.mem(addr+10, 2), n)
}

func TestAReceiverSeesADevice(t *testing.T) {
	sixty := virtiotest.Strategy{Name: "60 bytes", Chain: func(int) []int { return []int{60} }}
	for name, s := range swindles {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			judge(func() {
				ring := virtiotest.NewRing(virtiotest.NewRAM(v, 1<<20), 8, s.features)
				rx := virtiotest.NewReceiver(ring, sixty, 12)
				rx.Post(3)
				c := &crook{ring: ring}
				s.do(c, c.heads(3))
				rx.Receive(time.Minute)
			})
			v.mustSay(t, s.section)
		})
	}
}

// judge runs f up to its first Fatal.
func judge(f func()) {
	defer func() {
		if r := recover(); r != nil && r != (fatal{}) {
			panic(r)
		}
	}()
	f()
}

func (v *verdict) mustSay(t *testing.T, section string) {
	t.Helper()
	if len(v.said) == 0 || !strings.HasPrefix(v.said[0], section+":") {
		t.Errorf("said %q, want something of %s", v.said, section)
	}
}
