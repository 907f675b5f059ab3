package virtio_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestConfigReadsWholeOrNotAtAll(t *testing.T) {
	c := virtio.NewConfig([]byte{1, 2, 3, 4, 5, 6}, nil)
	for _, a := range []struct {
		off, n int
		want   []byte
	}{
		{0, 6, []byte{1, 2, 3, 4, 5, 6}},
		{4, 2, []byte{5, 6}},
		{6, 0, []byte{}},
		{4, 4, nil},
		{7, 0, nil},
		{-1, 1, nil},
		{math.MaxInt, 8, nil},
	} {
		p := bytes.Repeat([]byte{0xcc}, a.n)
		ok := c.Read(a.off, p)
		if ok != (a.want != nil) || ok && !bytes.Equal(p, a.want) || !ok && bytes.Count(p, []byte{0xcc}) != a.n {
			t.Errorf("%d bytes at %d: %v %v", a.n, a.off, p, ok)
		}
	}
}

func TestConfigWritesAreTheDevicesDecision(t *testing.T) {
	calls := 0
	c := virtio.NewConfig(make([]byte, 6), func(c *virtio.Config, _ virtio.Features, all []byte) {
		calls++
		c.Set(2, []byte{all[2] + 1})
	})
	c.Write(virtio.Features{}, 2, []byte{9, 9})
	c.Write(virtio.Features{}, 5, []byte{9, 9}) // beyond the end: dropped whole
	var b [6]byte
	c.Read(0, b[:])
	if calls != 1 || b != [6]byte{2: 10} {
		t.Errorf("%d calls, bytes %v", calls, b)
	}
	virtio.NewConfig(make([]byte, 6), nil).Write(virtio.Features{}, 0, []byte{1})
}

func TestADriverWritesTheBytesAroundAsItKnowsThem(t *testing.T) {
	var got []byte
	c := virtio.NewConfig([]byte{1, 2, 3, 4}, func(_ *virtio.Config, _ virtio.Features, all []byte) { got = all })
	for _, s := range []struct {
		name string
		do   func()
		want []byte
	}{
		{"a driver that has read nothing knows zeros", func() { c.Write(virtio.Features{}, 1, []byte{9}) }, []byte{0, 9, 0, 0}},
		{"it knows what it wrote", func() { c.Write(virtio.Features{}, 2, []byte{8}) }, []byte{0, 9, 8, 0}},
		{"a read of any byte tells it all", func() { c.Show(3, make([]byte, 1)); c.Write(virtio.Features{}, 0, []byte{7}) }, []byte{7, 2, 3, 4}},
		{"a read that fails tells it nothing", func() { c.Set(3, []byte{5}); c.Show(3, make([]byte, 2)); c.Write(virtio.Features{}, 0, []byte{7}) }, []byte{7, 2, 3, 4}},
	} {
		if s.do(); !bytes.Equal(got, s.want) {
			t.Errorf("%s: %v, want %v", s.name, got, s.want)
		}
	}
}

func TestThatWhichTheDriverKnowsIsNoNewGeneration(t *testing.T) {
	c := virtio.NewConfig(make([]byte, 2), nil)
	c.Put(1, []byte{7})
	var b [2]byte
	if c.Read(0, b[:]); c.Generation() != 0 || b != [2]byte{0, 7} {
		t.Errorf("generation %d, bytes %v", c.Generation(), b)
	}
	if c.Touch(); c.Generation() != 1 {
		t.Errorf("generation %d after Touch, want 1", c.Generation())
	}
}

func TestGenerationDiffersAfterASet(t *testing.T) {
	mac := []byte{1, 2}
	c := virtio.NewConfig(mac, nil)
	mac[0] = 9
	before := c.Generation()
	c.Set(1, []byte{7})
	var b [2]byte
	c.Read(0, b[:])
	if c.Generation() == before || b != [2]byte{1, 7} {
		t.Errorf("generation %d then %d, bytes %v", before, c.Generation(), b)
	}
}

func TestSetOutsideTheSpaceIsTheDevicesBug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	virtio.NewConfig(make([]byte, 2), nil).Set(1, []byte{1, 2})
}
