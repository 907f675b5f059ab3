package virtionet

// maxIndirection is the length of the indirection table (VIRTIO_NET_RSS_MAX_TABLE_LEN).
const maxIndirection = 128

// A steering is what a driver configured by MQ_RSS_CONFIG or MQ_HASH_CONFIG. It is immutable once receivers can see it; without
// one, nothing is hashed, and a frame goes to the pair on whose link it came.
type steering struct {
	redirects bool // RSS_CONFIG: the hash chooses the pair
	hashes    hashSet
	key       *toeplitz
	fallback  uint16 // unclassified_queue
	table     [maxIndirection]uint16
	mask      uint16
}

// spreads says whether a frame can go to another pair than that of its link.
func (s *steering) spreads() bool { return s != nil && s.redirects }

// hash is a frame's, whose first bytes are in b.
func (s *steering) hash(b []byte) (h uint32, report hashReport) {
	p := parse(b)
	if report = p.choice.of(s.hashes); report == reportNone {
		return 0, reportNone
	}
	src, dst, ports := p.src, p.dst, p.ports
	if report.extended() {
		if p.exSrc != nil {
			src = p.exSrc
		}
		if p.exDst != nil {
			dst = p.exDst
		}
	}
	if !report.ports() {
		ports = nil
	}
	return s.key.sum(src, dst, ports), report
}

// pair is the queue pair of a frame, of so many that are in use: the driver may have reduced them since it wrote the table
// (CVE-2024-6505).
func (s *steering) pair(h uint32, report hashReport, active int) int {
	pair := s.fallback
	if report != reportNone {
		pair = s.table[h&uint32(s.mask)]
	}
	return int(pair) % active
}
