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
	c := virtio.NewConfig(make([]byte, 6), func(c *virtio.Config, _ virtio.Features, off int, p []byte) {
		calls++
		c.Set(off, []byte{p[0] + 1})
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
