package virtio

import "strings"

// Features is a set of feature bits, 128 wide. Sets compare with ==; the zero value is the empty set. A bit above 127 is in
// no set.
type Features [2]uint64

// FeaturesOf returns the set of the given bits.
func FeaturesOf(bits ...Feature) (s Features) { return s.With(bits...) }

func (s Features) Has(f Feature) bool {
	return f < 128 && s[f/64]>>(f%64)&1 != 0
}

func (s Features) With(bits ...Feature) Features {
	for _, f := range bits {
		if f < 128 {
			s[f/64] |= 1 << (f % 64)
		}
	}
	return s
}

func (s Features) Without(bits ...Feature) Features { return s.Minus(FeaturesOf(bits...)) }
func (s Features) And(t Features) Features          { return Features{s[0] & t[0], s[1] & t[1]} }
func (s Features) Or(t Features) Features           { return Features{s[0] | t[0], s[1] | t[1]} }
func (s Features) Minus(t Features) Features        { return Features{s[0] &^ t[0], s[1] &^ t[1]} }

// Word returns bits 32·i to 32·i+31, 0 for i > 3 (4.1.4.3.1: a driver may select any word). i is what a driver writes to
// device_feature_select.
func (s Features) Word(i uint32) uint32 {
	if i > 3 {
		return 0
	}
	return uint32(s[i/2] >> (i % 2 * 32))
}

// WithWord replaces the word that Word returns; nothing for i > 3.
func (s Features) WithWord(i uint32, v uint32) Features {
	if i > 3 {
		return s
	}
	shift := i % 2 * 32
	s[i/2] = s[i/2]&^(0xffffffff<<shift) | uint64(v)<<shift
	return s
}

// String names the bits that belong to no device type and then numbers the others: "IndirectDesc|EventIdx|5".
func (s Features) String() string {
	var named, numbered []string
	for f := Feature(0); f < 128; f++ {
		if !s.Has(f) {
			continue
		}
		if _, ok := featureNames[f]; ok {
			named = append(named, f.String())
		} else {
			numbered = append(numbered, f.String())
		}
	}
	if len(named)+len(numbered) == 0 {
		return "none"
	}
	return strings.Join(append(named, numbered...), "|")
}
