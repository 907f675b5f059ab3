package virtionet

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

// msKey and the sums are those of "Verifying the RSS Hash Calculation" of Microsoft's RSS specification.
const msKey = "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"

var msSums = []struct {
	src, dst string
	withPort uint32
	without  uint32
}{
	{"66.9.149.187:2794", "161.142.100.80:1766", 0x51ccc178, 0x323e8fc2},
	{"199.92.111.2:14230", "65.69.140.83:4739", 0xc626b0ea, 0xd718262a},
	{"24.19.198.95:12898", "12.22.207.184:38024", 0x5c2b394a, 0xd2d0a5de},
	{"38.27.205.30:48228", "209.142.163.6:2217", 0xafc7327f, 0x82989176},
	{"153.39.163.191:44251", "202.188.127.2:1303", 0x10e828a2, 0x5d1809c5},
	{"[3ffe:2501:200:1fff::7]:2794", "[3ffe:2501:200:3::1]:1766", 0x40207d3d, 0x2cc18cd5},
	{"[3ffe:501:8::260:97ff:fe40:efab]:14230", "[ff02::1]:4739", 0xdde51bbf, 0x0f0c461c},
	{"[3ffe:1900:4545:3:200:f8ff:fe21:67cf]:44251", "[fe80::200:f8ff:fe21:67cf]:38024", 0x02d1feef, 0x4b61e985},
}

var testKeyBytes = func() (key [maxKeyLen]byte) {
	b, err := hex.DecodeString(msKey)
	if err != nil {
		panic(err)
	}
	copy(key[:], b)
	return key
}()

func TestTheHashIsMicrosofts(t *testing.T) {
	h := newToeplitz(testKeyBytes)
	for _, c := range msSums {
		src, dst := netip.MustParseAddrPort(c.src), netip.MustParseAddrPort(c.dst)
		s, d := src.Addr().AsSlice(), dst.Addr().AsSlice()
		if got := h.sum(s, d, ports(src, dst)); got != c.withPort {
			t.Errorf("%s to %s: %#x with ports, want %#x", c.src, c.dst, got, c.withPort)
		}
		if got := h.sum(s, d); got != c.without {
			t.Errorf("%s to %s: %#x without ports, want %#x", c.src, c.dst, got, c.without)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	s := &steering{hashes: supportedHashes, key: newToeplitz(testKeyBytes)}
	for _, c := range []struct {
		name  string
		frame []byte
	}{{"TCP over IPv4", tcpFrame(msSums[0].src, msSums[0].dst, 0)}, {"TCP over IPv6", tcpFrame(msSums[5].src, msSums[5].dst, 0)}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if h, _ := s.hash(c.frame); h == 0 {
					b.Fatal("no hash")
				}
			}
		})
	}
}
