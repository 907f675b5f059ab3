package virtionet

// A hashSet are the hash types that a driver enabled (5.1.9.4.3.1), a bit each.
type hashSet uint32

const (
	hashIPv4 hashSet = 1 << iota
	hashTCPv4
	hashUDPv4
	hashIPv6
	hashTCPv6
	hashUDPv6
	hashIPv6Ex
	hashTCPv6Ex
	hashUDPv6Ex

	supportedHashes = 1<<iota - 1
)

// A hashReport says over what a hash was computed (5.1.9.4.3.2).
type hashReport uint8

const (
	reportNone hashReport = iota
	reportIPv4
	reportTCPv4
	reportUDPv4
	reportIPv6
	reportTCPv6
	reportUDPv6
	reportIPv6Ex
	reportTCPv6Ex
	reportUDPv6Ex
)

// hashChoice is what a kind of packet is hashed by: the first of the types that is enabled.
type hashChoice []struct {
	enabled hashSet
	report  hashReport
}

var (
	chooseIPv4  = hashChoice{{hashIPv4, reportIPv4}}
	chooseTCPv4 = hashChoice{{hashTCPv4, reportTCPv4}, {hashIPv4, reportIPv4}}
	chooseUDPv4 = hashChoice{{hashUDPv4, reportUDPv4}, {hashIPv4, reportIPv4}}

	// The types with extension headers go first also where a packet has none, as in QEMU's virtio_net_get_hash_type: the hash is
	// the same then. 5.1.9.4.3.1 would report the type without.
	chooseIPv6  = hashChoice{{hashIPv6Ex, reportIPv6Ex}, {hashIPv6, reportIPv6}}
	chooseTCPv6 = append(hashChoice{{hashTCPv6Ex, reportTCPv6Ex}, {hashTCPv6, reportTCPv6}}, chooseIPv6...)
	chooseUDPv6 = append(hashChoice{{hashUDPv6Ex, reportUDPv6Ex}, {hashUDPv6, reportUDPv6}}, chooseIPv6...)
)

func (c hashChoice) of(enabled hashSet) hashReport {
	for i := range c {
		if enabled&c[i].enabled != 0 {
			return c[i].report
		}
	}
	return reportNone
}

// ports says whether the ports are hashed, too.
func (r hashReport) ports() bool {
	return r != reportNone && r != reportIPv4 && r != reportIPv6 && r != reportIPv6Ex
}

// extended says whether addresses in extension headers replace the packet's own.
func (r hashReport) extended() bool { return r >= reportIPv6Ex }
