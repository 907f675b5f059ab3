package virtionet

import "fmt"

// readSteering reads MQ_RSS_CONFIG, or MQ_HASH_CONFIG where redirects is false; the checks are those of QEMU's virtio_net_handle_rss.
// It returns the steering, nil if the driver turned it off, and the number of queue pairs, which HASH_CONFIG leaves as it is.
func (l *life) readSteering(data *reader, redirects bool) (s *steering, pairs uint16, err error) {
	s = &steering{redirects: redirects}
	if err := s.readTable(data, len(l.receivers)); err != nil {
		return nil, 0, err
	}
	pairs, ok := data.uint16()
	if !redirects {
		pairs = uint16(l.active.Load())
	}
	switch {
	case !ok:
		return nil, 0, errTooShort
	case pairs < 1 || int(pairs) > len(l.receivers):
		return nil, 0, fmt.Errorf("%d queue pairs of %d", pairs, len(l.receivers))
	}
	keyLen, err := s.readKey(data)
	if keyLen == 0 && err == nil {
		return nil, pairs, nil
	}
	return s, pairs, err
}

var errTooShort = fmt.Errorf("the command is too short")

// readTable reads all that stands before the number of queue pairs. The fields that HASH_CONFIG reserves have the place of a
// table of one entry (struct virtio_net_hash_config).
func (s *steering) readTable(data *reader, pairs int) error {
	hashes, _ := data.uint32()
	mask, _ := data.uint16()
	fallback, ok := data.uint16()
	if !s.redirects {
		mask, fallback = 0, 0
	}
	n := int(mask) + 1
	switch {
	case !ok:
		return errTooShort
	case n&(n-1) != 0 || n > maxIndirection:
		return fmt.Errorf("an indirection table of %d entries", n)
	case int(fallback) >= pairs:
		return fmt.Errorf("unclassified queue %d of %d", fallback, pairs)
	}
	s.hashes, s.mask, s.fallback = hashSet(hashes), mask, fallback
	for i := range n {
		if s.table[i], ok = data.uint16(); !ok {
			return errTooShort
		}
	}
	return nil
}

// readKey reads the key and its length. No length and no hash types turn hashing off.
func (s *steering) readKey(data *reader) (n int, err error) {
	var length [1]byte
	var key [maxKeyLen]byte
	switch ok := data.read(length[:]); {
	case !ok:
		return 0, errTooShort
	case length[0] > maxKeyLen:
		return 0, fmt.Errorf("a key of %d bytes, at most %d", length[0], maxKeyLen)
	case length[0] == 0 && s.hashes != 0:
		return 0, fmt.Errorf("hash types %#x without a key", uint32(s.hashes))
	case !data.read(key[:length[0]]):
		return 0, errTooShort
	}
	s.key = newToeplitz(key)
	return int(length[0]), nil
}
