package main

import "encoding/binary"

const (
	vnetHeader = 10 // virtio_net_hdr without num_buffers, which packet sockets have
	ethHeader  = 14
	ipHeader   = 20
	tcpHeader  = 20
	headers    = ethHeader + ipHeader + tcpHeader
)

const (
	guestMACBytes = "\x52\x54\x00\x12\x34\x56"
	tapMACBytes   = "\x52\x54\x00\xaa\xbb\x01"
)

// frame is what a packet socket with PACKET_VNET_HDR sends: a header, and a UDP datagram to the guest; with gso a TCP segment that
// asks to be cut.
func (s shape) frame() []byte {
	b := make([]byte, vnetHeader+s.size)
	f := b[vnetHeader:]
	copy(f, guestMACBytes+tapMACBytes)
	binary.BigEndian.PutUint16(f[12:], 0x0800)
	protocol := byte(17)
	if s.gso > 0 {
		protocol = 6
		segment(b[:vnetHeader], s.gso)
		f[46], f[47] = tcpHeader/4<<4, 0x10 // data offset, ACK
	} else {
		binary.BigEndian.PutUint16(f[38:], uint16(s.size-ethHeader-ipHeader)) // the datagram's length; its checksum 0 is none
	}
	internet(f[ethHeader:], protocol)
	binary.BigEndian.PutUint16(f[34:], 5000)
	binary.BigEndian.PutUint16(f[36:], 5001)
	return b
}

// segment fills a virtio_net_hdr (5.1.9): NEEDS_CSUM, GSO_TCPV4.
func segment(h []byte, size int) {
	h[0], h[1] = 1, 1
	for i, v := range []int{headers, size, ethHeader + ipHeader, 16} { // hdr_len, gso_size, csum_start, csum_offset
		binary.LittleEndian.PutUint16(h[2+2*i:], uint16(v))
	}
}

// internet fills an IPv4 header from 10.9.0.1 to 10.9.0.2.
func internet(p []byte, protocol byte) {
	h := p[:ipHeader]
	h[0], h[8], h[9] = 0x45, 64, protocol
	binary.BigEndian.PutUint16(h[2:], uint16(len(p)))
	copy(h[12:], "\x0a\x09\x00\x01\x0a\x09\x00\x02")
	binary.BigEndian.PutUint16(h[10:], ^onesSum(h))
}

func onesSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// outgoing is the same frame the other way, as a guest with MRG_RXBUF hands it to the tap. Swapping the addresses leaves the
// checksum right.
func (s shape) outgoing() []byte {
	in := s.frame()
	out := make([]byte, mergedHeader, mergedHeader+s.size)
	copy(out, in[:vnetHeader])
	out = append(out, in[vnetHeader:]...)
	f := out[mergedHeader:]
	copy(f, tapMACBytes+guestMACBytes)
	copy(f[26:], "\x0a\x09\x00\x02\x0a\x09\x00\x01")
	return out
}
