package main

import (
	"encoding/binary"
	"testing"
)

func TestAPacketsChecksumsAreRight(t *testing.T) {
	for _, c := range []struct {
		name string
		p    packet
		l4   int
	}{
		{"TCP over IPv4", packet{tag: -1, protocol: protocolTCP, load: []byte("abc")}, 34},
		{"TCP over IPv6", packet{tag: -1, v6: true, protocol: protocolTCP, load: []byte("abcd")}, 54},
		{"UDP over IPv4 with options in a VLAN", packet{tag: 3, protocol: protocolUDP, options: []byte{1, 1, 1, 0}, load: []byte("x")}, 42},
		{"UDP over IPv6 behind an extension header", packet{tag: -1, v6: true, protocol: protocolUDP, options: []byte{protocolUDP, 0, 1, 4, 0, 0, 0, 0}}, 62},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.p.lay()
			if l.l4 != c.l4 {
				t.Errorf("the transport begins at %d, want %d", l.l4, c.l4)
			}
			l.complete()
			transport := l.frame[l.l4:]
			if sum := fold(c.p.pseudo(len(transport)) + ones(transport)); sum != 0xffff {
				t.Errorf("the transport sums up to %#x", sum)
			}
			if ip := l.frame[l.l3:l.l4]; !c.p.v6 && fold(ones(ip)) != 0xffff {
				t.Errorf("the IP header sums up to %#x", fold(ones(ip)))
			}
		})
	}
}

func TestAPacketOfAnotherProtocolHasNoChecksum(t *testing.T) {
	p := packet{tag: -1, protocol: 47, load: []byte{1, 2, 3}}
	l := p.lay()
	before := string(l.frame)
	if l.complete(); l.sum != 0 || string(l.frame) != before {
		t.Errorf("%x has a checksum", l.frame)
	}
}

func TestAHashingIsLaidOutAsTheCommandWants(t *testing.T) {
	h := hashing{types: 0x3f, mask: 1, unclassified: 2, table: []uint16{3, 4}, pairs: 5, key: []byte{6, 7}}
	b := h.bytes()
	if len(b) != 4+2+2+2*2+2+1+2 || binary.LittleEndian.Uint16(b[12:]) != 5 || b[14] != 2 || b[15] != 6 {
		t.Errorf("%x", b)
	}
}
