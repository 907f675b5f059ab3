package virtionet

import (
	"encoding/binary"

	"github.com/drydock-vmm/drydock/devices/iovec"
)

// mend corrects what the link wrote into a frame of n bytes, header included, where the driver's kind needs it otherwise.
func (r *receiver) mend(n uint64) {
	flags := r.head[headerFlags]
	switch {
	case r.frame.own || flags == 0:
	case !r.frame.csum:
		// A tap says DATA_VALID to everybody; a driver without GUEST_CSUM gets no flags (5.1.9.4.1).
		iovec.Scatter(r.stream, headerFlags, []byte{0})
	case flags&flagNeedsCsum != 0 && dhcpReply(r.head[r.frame.header:], n-uint64(r.frame.header)):
		r.mendDHCP(n - uint64(r.frame.header))
	}
}

// Fields of an Ethernet frame with IPv4 without options, and UDP.
const (
	etherTypeAt = 12
	ipAt        = 14
	ipProtocol  = ipAt + 9
	udpAt       = ipAt + 20
	udpChecksum = 6 // from the beginning of UDP

	etherTypeIPv4 = 0x0800
	protocolUDP   = 17
	bootps        = 67

	minDHCP, maxDHCP = 42, 1500
)

// dhcpReply recognizes the frames whose checksum DHCP clients read from packet sockets and take for wrong if it is partial
// (QEMU's work_around_broken_dhclient, whose conditions these are).
func dhcpReply(frame []byte, n uint64) bool {
	return n >= minDHCP && n < maxDHCP &&
		binary.BigEndian.Uint16(frame[etherTypeAt:]) == etherTypeIPv4 &&
		frame[ipProtocol] == protocolUDP &&
		binary.BigEndian.Uint16(frame[udpAt:]) == bootps
}

// mendDHCP completes the UDP checksum of a frame of n bytes and says in its header that this is done.
func (r *receiver) mendDHCP(n uint64) {
	var frame [maxDHCP]byte
	header := uint64(r.frame.header)
	iovec.Gather(frame[:n], r.stream, header)
	at, sum, ok := udpSum(frame[ipAt:n])
	if !ok {
		return
	}
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], sum)
	iovec.Scatter(r.stream, header+ipAt+uint64(at), b[:])
	iovec.Scatter(r.stream, headerFlags, []byte{r.head[headerFlags] &^ flagNeedsCsum})
}

// udpSum computes the checksum of an IPv4 packet's UDP datagram and says where in the packet it belongs.
func udpSum(ip []byte) (at int, sum uint16, ok bool) {
	headerLen := int(ip[0]&0xf) * 4
	total := int(binary.BigEndian.Uint16(ip[2:]))
	if ip[0]>>4 != 4 || headerLen < 20 || total > len(ip) || total < headerLen+8 {
		return 0, 0, false
	}
	udp := ip[headerLen:total]
	at = headerLen + udpChecksum
	udp[udpChecksum], udp[udpChecksum+1] = 0, 0
	if sum = ^fold(onesSum(ip[12:20]) + protocolUDP + uint32(len(udp)) + onesSum(udp)); sum == 0 {
		sum = 0xffff // 0 says that there is none
	}
	return at, sum, true
}

// onesSum adds big-endian 16-bit words; up to 64 KB of them fit.
func onesSum(b []byte) (sum uint32) {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// fold makes 16 bits of a sum.
func fold(sum uint32) uint16 {
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
