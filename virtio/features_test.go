package virtio_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestFeatureNames(t *testing.T) {
	for want, s := range map[string]virtio.Features{
		"none":                    {},
		"IndirectDesc|EventIdx|5": virtio.FeaturesOf(5, virtio.EventIdx, virtio.IndirectDesc),
		"Version1|0|63|64|127":    virtio.FeaturesOf(127, 64, 63, 0, virtio.Version1),
		"RingReset|41":            virtio.FeaturesOf(41, 40),
	} {
		if got := s.String(); got != want {
			t.Errorf("%v is %q, want %q", [2]uint64(s), got, want)
		}
	}
}

func TestFeatureSets(t *testing.T) {
	a, b := virtio.FeaturesOf(1, 40, 100), virtio.FeaturesOf(1, 41, 127)
	for name, c := range map[string]struct{ got, want virtio.Features }{
		"And keeps what both have":       {a.And(b), virtio.FeaturesOf(1)},
		"Or has what either has":         {a.Or(b), virtio.FeaturesOf(1, 40, 41, 100, 127)},
		"Minus drops what the other has": {a.Minus(b), virtio.FeaturesOf(40, 100)},
		"Without drops bits":             {a.Without(100, 2), virtio.FeaturesOf(1, 40)},
		"a bit above 127 is in no set":   {virtio.FeaturesOf(128, 255), virtio.Features{}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if a.Has(2) || !a.Has(100) || a.Has(200) {
		t.Errorf("Has: %v", a)
	}
}

func TestFeatureWords(t *testing.T) {
	s := virtio.FeaturesOf(0, 31, 32, 65, 127)
	for i, want := range []uint32{1<<31 | 1, 1, 2, 1 << 31, 0, 0} {
		if got := s.Word(uint32(i)); got != want {
			t.Errorf("word %d is %#x, want %#x", i, got, want)
		}
	}
	for i := range uint32(4) {
		got := s.WithWord(i, 0x80000001)
		if want := s.Word(i ^ 1); got.Word(i) != 0x80000001 || got.Word(i^1) != want {
			t.Errorf("word %d replaced: %v", i, got)
		}
	}
	for _, i := range []uint32{4, 0xffffffff} {
		if s.WithWord(i, 1) != s || s.Word(i) != 0 {
			t.Errorf("word %d is not outside", i)
		}
	}
}
