package virtionet

import "encoding/binary"

const (
	maxKeyLen    = 40         // VIRTIO_NET_RSS_MAX_KEY_SIZE
	maxHashInput = 2*16 + 2*2 // IPv6 addresses and ports
)

// A toeplitz is the hash function of RSS (5.1.9.4.3) for one key, tabulated by half-bytes of the input: what each contributes
// does not depend on the others. 4.6 KB stay in the first-level cache beside the frame, which a table by bytes would not.
type toeplitz [2 * maxHashInput]halfByte

type halfByte [16]uint32

func newToeplitz(key [maxKeyLen]byte) *toeplitz {
	t := new(toeplitz)
	for i := range t {
		for bit := range 4 {
			t[i].add(bit, keyWindow(key, 4*i+bit))
		}
	}
	return t
}

// add has the half-bytes with that bit, counted from the most significant, contribute a window of the key.
func (h *halfByte) add(bit int, window uint32) {
	for v := range h {
		if v&(8>>bit) != 0 {
			h[v] ^= window
		}
	}
}

// keyWindow are the 32 bits of the key from bit n on, counted from the most significant one of its first byte.
func keyWindow(key [maxKeyLen]byte, n int) uint32 {
	var b [8]byte
	copy(b[:], key[n/8:])
	return uint32(binary.BigEndian.Uint64(b[:]) << (n % 8) >> 32)
}

// sum hashes the parts one after the other, no more than maxHashInput bytes in all.
func (t *toeplitz) sum(parts ...[]byte) (h uint32) {
	i := 0
	for _, p := range parts {
		for _, b := range p {
			h ^= t[i][b>>4] ^ t[i+1][b&0xf]
			i += 2
		}
	}
	return h
}
