package virtionet

import (
	"encoding/binary"
	"testing"
)

// dhcpFrame is an offer from port 67 with n bytes of UDP data and the sum of the pseudo-header in the checksum field, as a
// host's network stack leaves it to be completed.
func dhcpFrame(n int) []byte {
	f := make([]byte, udpAt+8+n)
	binary.BigEndian.PutUint16(f[etherTypeAt:], etherTypeIPv4)
	ip := f[ipAt:]
	ip[0], ip[9] = 0x45, protocolUDP
	binary.BigEndian.PutUint16(ip[2:], uint16(28+n))
	copy(ip[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	udp := ip[20:]
	binary.BigEndian.PutUint16(udp, bootps)
	binary.BigEndian.PutUint16(udp[2:], 68)
	binary.BigEndian.PutUint16(udp[4:], uint16(8+n))
	for i := range n {
		udp[8+i] = byte(i * 7)
	}
	udp[6], udp[7] = 0xca, 0xfe
	return f
}

// valid sums a frame's datagram with its pseudo-header, as a receiver does: all ones if the checksum is right.
func valid(f []byte) bool {
	ip := f[ipAt:]
	udp := ip[20:binary.BigEndian.Uint16(ip[2:])]
	sum := onesSum(ip[12:20]) + protocolUDP + uint32(len(udp)) + onesSum(udp)
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return sum == 0xffff
}

func TestTheUDPChecksumIsRightForEvenAndOddLengths(t *testing.T) {
	for n := range 600 {
		f := dhcpFrame(n)
		at, sum, ok := udpSum(f[ipAt:])
		if !ok {
			t.Fatalf("%d bytes: refused", n)
		}
		binary.BigEndian.PutUint16(f[ipAt+at:], sum)
		if !valid(f) {
			t.Fatalf("%d bytes: %#x is wrong", n, sum)
		}
	}
	// A known one: 10.0.0.1:67 to 10.0.0.2:68 with no data, by hand: the complement of 0x14ab.
	if _, sum, _ := udpSum(dhcpFrame(0)[ipAt:]); sum != 0xeb54 {
		t.Errorf("%#x, want 0xeb54", sum)
	}
}

func TestADatagramThatIsNotWholeIsLeftAlone(t *testing.T) {
	for name, spoil := range map[string]func(ip []byte){
		"IPv6":                      func(ip []byte) { ip[0] = 0x65 },
		"a header of 16 bytes":      func(ip []byte) { ip[0] = 0x44 },
		"a total beyond the frame":  func(ip []byte) { ip[2] = 0xff },
		"a total within the header": func(ip []byte) { ip[2], ip[3] = 0, 27 },
		"options beyond the total":  func(ip []byte) { ip[0] = 0x4f },
	} {
		f := dhcpFrame(4)
		spoil(f[ipAt:])
		if _, _, ok := udpSum(f[ipAt:]); ok {
			t.Errorf("%s: summed", name)
		}
	}
}

func TestOnlyDHCPRepliesAreMended(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     int
		spoil func(f []byte)
		want  bool
	}{
		{"an offer", 300, func([]byte) {}, true},
		{"the shortest", 0, func([]byte) {}, true},
		{"the longest", 1499 - 42, func([]byte) {}, true},
		{"one byte too long", 1500 - 42, func([]byte) {}, false},
		{"another port", 300, func(f []byte) { f[udpAt+1] = 68 }, false},
		{"TCP", 300, func(f []byte) { f[ipProtocol] = 6 }, false},
		{"ARP", 300, func(f []byte) { f[etherTypeAt+1] = 6 }, false},
	} {
		f := dhcpFrame(c.n)
		c.spoil(f)
		if got := dhcpReply(f, uint64(len(f))); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
