package virtionet

import "encoding/binary"

// A segment is a frame with its header in memory of the device, and what coalescing knows of it.
type segment struct {
	buf    []byte
	n      int // bytes of buf that are header and frame
	header int

	flow    flow // zero if it is no TCP segment
	v6      bool
	ip, tcp int // where they begin
	end     int // of the packet; padding can follow
	payload int // bytes behind the TCP header
	mss     int // the longest payload of one
	packets int // coalesced
	changed bool
}

// A flow is one direction of a TCP connection. IPv4 addresses fill the beginnings of theirs.
type flow struct {
	src, dst [16]byte
	ports    [4]byte
}

// rscKinds says of which IP versions segments are coalesced.
type rscKinds uint32

const (
	rscIPv4 rscKinds = 1 << iota
	rscIPv6
)

// Fields of IP and TCP from where each begins.
const (
	ipv4TOS      = 1
	ipv4Total    = 2
	ipv4Fragment = 6
	ipv4Sum      = 10
	ipv6Payload  = 4

	tcpSeq    = 4
	tcpAck    = 8
	tcpOffset = 12
	tcpFlags  = 13
	tcpWindow = 14

	dontFragment = 0x4000
	ecnMask      = 3

	tcpACK, tcpPSH = 0x10, 0x08

	// maxCoalesced bounds the length in the IP header (VIRTIO_NET_MAX_IP4_PAYLOAD).
	maxCoalesced = 65535 - minTCP
)

// blank makes the segment ready for a frame. Its memory is made at its first use and stays.
func (s *segment) blank(header int) {
	if s.buf == nil {
		s.buf = make([]byte, header+maxFrame+1)
	}
	*s = segment{buf: s.buf, header: header}
}

func (s *segment) at(off int) []byte { return s.buf[off:s.n] }

func (s *segment) u16(off int) int    { return int(binary.BigEndian.Uint16(s.buf[off:])) }
func (s *segment) u32(off int) uint32 { return binary.BigEndian.Uint32(s.buf[off:]) }

func (s *segment) put16(off, v int) { binary.BigEndian.PutUint16(s.buf[off:], uint16(v)) }

// examine finds the segment's flow, and says whether others may be appended to it or it to others. What may not still has a flow,
// behind which it must not be overtaken.
func (s *segment) examine(kinds rscKinds) (fit bool) {
	p := parse(s.at(s.header))
	if p.l4 == 0 || p.choice.of(hashTCPv4|hashTCPv6) == reportNone {
		return false
	}
	copy(s.flow.src[:], p.src)
	copy(s.flow.dst[:], p.dst)
	copy(s.flow.ports[:], p.ports)
	s.v6, s.ip, s.tcp = len(p.src) == 16, s.header+p.ip, s.header+p.l4
	s.packets = 1
	if p.ip != ipAt || s.buf[headerGSOType] != gsoNone || !s.fitIP(kinds) || !s.fitTCP() || !s.checked() {
		return false
	}
	s.n = s.end // padding is no data
	return true
}

// fitIP: no options, no fragments, no congestion mark.
func (s *segment) fitIP(kinds rscKinds) bool {
	var length int
	if s.v6 {
		length = ipv6Len + s.u16(s.ip+ipv6Payload)
		if kinds&rscIPv6 == 0 || s.tcp != s.ip+ipv6Len || s.u16(s.ip)>>4&ecnMask != 0 {
			return false
		}
	} else {
		length = s.u16(s.ip + ipv4Total)
		if kinds&rscIPv4 == 0 || s.tcp != s.ip+ipv4Len || s.buf[s.ip+ipv4TOS]&ecnMask != 0 || s.u16(s.ip+ipv4Fragment) != dontFragment {
			return false
		}
	}
	s.end = s.ip + length
	s.payload = s.end - s.tcp - minTCP
	s.mss = s.payload
	return s.payload >= 0 && s.end <= s.n
}

// fitTCP: no options, and no flags but those of data.
func (s *segment) fitTCP() bool {
	return s.buf[s.tcp+tcpOffset]>>4 == minTCP/4 && s.buf[s.tcp+tcpFlags]&^tcpPSH == tcpACK
}

// checked says that the checksum is right: the link says so, or it is. The sums of coalesced segments are never looked at again.
func (s *segment) checked() bool {
	if s.buf[headerFlags]&(flagNeedsCsum|flagDataValid) != 0 {
		return true
	}
	addresses := s.buf[s.tcp-8 : s.tcp]
	if s.v6 {
		addresses = s.buf[s.tcp-32 : s.tcp]
	}
	tcp := s.buf[s.tcp:s.end]
	return fold(onesSum(addresses)+protocolTCP+uint32(len(tcp))+onesSum(tcp)) == 0xffff
}

// append takes what the next segment of the flow adds, as QEMU's virtio_net_rsc_coalesce_data decides; false if they stay apart.
func (s *segment) append(t *segment) bool {
	ahead := t.u32(t.tcp+tcpSeq) - s.u32(s.tcp+tcpSeq)
	acked := t.u32(t.tcp+tcpAck) - s.u32(s.tcp+tcpAck)
	switch {
	case acked > 1<<31: // an old one
		return false
	case ahead == 0 && s.payload == 0 && t.payload == 0:
		return acked == 0 && s.update(t)
	case int64(ahead) != int64(s.payload) || s.length()+t.payload > maxCoalesced:
		return false
	}
	s.setLength(s.length() + t.payload)
	s.buf[s.tcp+tcpFlags] |= t.buf[t.tcp+tcpFlags]
	copy(s.buf[s.tcp+tcpAck:s.tcp+tcpAck+4], t.buf[t.tcp+tcpAck:])
	s.put16(s.tcp+tcpWindow, t.u16(t.tcp+tcpWindow))
	s.n += copy(s.buf[s.n:], t.at(t.tcp+minTCP))
	s.payload += t.payload
	s.mss = max(s.mss, t.mss)
	s.packets++
	s.changed = true
	return true
}

// update takes a new window from an acknowledgment that says nothing else. A duplicate one is counted by the receiver of data,
// and stays by itself.
func (s *segment) update(t *segment) bool {
	window := t.u16(t.tcp + tcpWindow)
	if window == s.u16(s.tcp+tcpWindow) {
		return false
	}
	s.put16(s.tcp+tcpWindow, window)
	s.changed = true
	return true
}

// length is what the IP header says.
func (s *segment) length() int {
	if s.v6 {
		return s.u16(s.ip + ipv6Payload)
	}
	return s.u16(s.ip + ipv4Total)
}

func (s *segment) setLength(n int) {
	if s.v6 {
		s.put16(s.ip+ipv6Payload, n)
	} else {
		s.put16(s.ip+ipv4Total, n)
	}
}

// finish writes the header of a segment to which others were appended (5.1.9.4.1): csum_start and csum_offset count segments and
// duplicate acknowledgments, of which there are none. One by itself goes as it came.
func (s *segment) finish() {
	if !s.changed {
		return
	}
	gso := byte(gsoTCPv6)
	if !s.v6 {
		gso = gsoTCPv4
		s.put16(s.ip+ipv4Sum, 0)
		s.put16(s.ip+ipv4Sum, int(^fold(onesSum(s.buf[s.ip:s.ip+ipv4Len]))))
	}
	h := s.buf[:headerNumBuffers]
	h[headerFlags], h[headerGSOType] = flagRSCInfo|flagDataValid, gso
	binary.LittleEndian.PutUint16(h[headerHdrLen:], uint16(s.tcp+minTCP-s.header))
	binary.LittleEndian.PutUint16(h[headerGSOSize:], uint16(s.mss))
	binary.LittleEndian.PutUint16(h[headerCsumStart:], uint16(s.packets))
	binary.LittleEndian.PutUint16(h[headerCsumOffset:], 0)
}
