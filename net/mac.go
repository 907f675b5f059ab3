package net

import (
	"encoding/binary"
	"fmt"
	stdnet "net"
)

// A MAC is an Ethernet address.
type MAC [6]byte

func (m MAC) String() string { return stdnet.HardwareAddr(m[:]).String() }

// DefaultMAC is the address of the n-th NIC (from 0) that was given none: QEMU's 52:54:00:12:34:56 and those after it.
func DefaultMAC(n int) MAC {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], 0x525400123456+uint64(n))
	return MAC(b[2:])
}

// ParseMAC reads six hexadecimal bytes with colons or hyphens. A group address cannot be a NIC's.
func ParseMAC(s string) (MAC, error) {
	hw, err := stdnet.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return MAC{}, fmt.Errorf("net: %q is not a MAC address: six hexadecimal bytes, as in %v", s, DefaultMAC(0))
	}
	if hw[0]&1 != 0 {
		return MAC{}, fmt.Errorf("net: %q is a group address: the lowest bit of a NIC's first byte is 0", s)
	}
	return MAC(hw), nil
}
