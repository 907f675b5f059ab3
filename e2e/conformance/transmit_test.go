package conformance

import (
	"bytes"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of struct virtio_net_hdr (5.1.9), and their values.
const (
	headerFlags      = 0
	headerCsumStart  = 6
	headerCsumOffset = 8

	needsCsum = 1
	dataValid = 2

	gsoTCPv4 = 1
	gsoUDP   = 3
	gsoTCPv6 = 4
	gsoUDPL4 = 5
	gsoECN   = 0x80
)

// A header is the first 10 bytes of a virtio_net_hdr.
type header struct {
	flags, gsoType                         byte
	hdrLen, gsoSize, csumStart, csumOffset uint16
}

func (h header) bytes() []byte {
	return bytes.Join([][]byte{{h.flags, h.gsoType}, le16(h.hdrLen), le16(h.gsoSize), le16(h.csumStart), le16(h.csumOffset)}, nil)
}

// padded is the header at the length that was negotiated.
func (n *nic) padded(h header) []byte { return append(h.bytes(), make([]byte, n.header()-10)...) }

// Headers that hosts and drivers write for a frame of TCP over IPv4.
var (
	partial = header{flags: needsCsum, csumStart: 34, csumOffset: 16}
	segment = header{flags: needsCsum, gsoType: gsoTCPv4, hdrLen: 54, gsoSize: 1448, csumStart: 34, csumOffset: 16}
)

var transmitSentences = []sentence{
	described("5.1.9.1", legacy, "has a header of 10 bytes for a driver without MRG_RXBUF, and of 12 with it", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("header", uint64(n.netdev.Header()), 10)
		n.works()
		n.startNIC(MrgRxbuf)
		n.equal("header", uint64(n.netdev.Header()), 12)
		n.works()
	}),
	described("5.1.9", modern, "has a header of 12 bytes with or without MRG_RXBUF", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("header", uint64(n.netdev.Header()), 12)
		n.works()
		n.startNIC(MrgRxbuf)
		n.equal("header", uint64(n.netdev.Header()), 12)
		n.works()
	}),
	must("5.1.9.1", legacy, "has the header's fields in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, GuestTSO4)
		r := n.receiver(virtiotest.LinuxBig)
		n.send(segment.bytes(), frame(3000, 1))
		n.carries(n.receives(r, frame(3000, 1)), segment)
	}),
	must("5.1.9.2.2", everywhere, "ignores flags that it does not know", func(e *env) {
		for _, host := range []net.Offload{0, allOffloads} {
			n := e.nic(can(host))
			n.startNIC()
			n.sends(header{flags: 0xf8})
		}
	}),
	must("5.1.9.2.2", everywhere, "does not use csum_start and csum_offset without NEEDS_CSUM", func(e *env) {
		for _, host := range []net.Offload{0, allOffloads} {
			n := e.nic(can(host))
			n.startNIC()
			n.sends(header{csumStart: 0xffff, csumOffset: 0xffff})
			n.sends(header{csumStart: 14, csumOffset: 2})
		}
	}),
	must("5.1.9.2.2", everywhere, "does not rely on hdr_len", func(e *env) {
		n := e.nic()
		n.startNIC(Csum, HostTSO4)
		for _, length := range []uint16{0, 1, 54, 5000, 0xffff} {
			h := segment
			h.hdrLen = length
			n.sends(h)
		}
	}),
	must("5.1.9.2.2", everywhere, "does not vouch for a checksum without NEEDS_CSUM", func(e *env) {
		n := e.nic()
		n.startNIC(Csum)
		n.equal("flags", uint64(n.sends(header{})[headerFlags]), 0)
	}),
	described("5.1.9.2", everywhere, "gives the link the checksum and segmentation that the header asks for", func(e *env) {
		n := e.nic()
		n.startNIC(Csum, HostTSO4)
		for _, h := range []header{partial, segment} {
			if got := n.sends(h); !bytes.HasPrefix(got, h.bytes()) {
				e.Errorf("header %x, want %x", got, h.bytes())
			}
		}
	}),
	described("5.1.9.2", everywhere, "sends frames in the order in which they became available", func(e *env) {
		n := e.nic()
		n.startNIC()
		for i := range byte(40) {
			n.post(frame(60, i))
		}
		n.tx().Kick()
		for i := range byte(40) {
			n.arrives(frame(60, i))
		}
	}),
	described("5.1.9.2", everywhere, "sends a frame of 64 KiB", func(e *env) {
		n := e.nic()
		n.startNIC(Csum, HostTSO4)
		n.postWith(n.padded(segment), frame(65550, 1), 12, 30000, 30000)
		n.tx().Kick()
		n.tx().Wait(patience)
		n.arrives(frame(65550, 1))
	}),
	described("5.1.9.8", legacy, "takes a header in a descriptor of its own, without ANY_LAYOUT: transmit", func(e *env) {
		n := e.nic(without(27))
		n.startNIC()
		n.transmit(frame(60, 1), n.header())
		n.arrives(frame(60, 1))
	}),
	survives("5.1.9.2.1", everywhere, "comes to no harm by a buffer that is shorter than the header", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.tx().Add(readable(n.ram(), make([]byte, n.header()-1))...)
		n.tx().Kick()
		n.startNIC()
		n.works()
	}),
	survives("5.1.9.2.1", everywhere, "comes to no harm by a header without a frame", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.transmit(nil)
		n.works()
	}),
	survives("5.1.9.2.1", everywhere, "comes to no harm by a frame that is longer than any", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.transmit(frame(200_000, 1))
		n.works()
	}),
	untested("5.1.9.2.2", mustWord, "does not accept a frame with both UDP tunnel bits", noTunnel),
	untested("5.1.9.2.2", mustWord, "does not accept a tunnelled frame without NEEDS_CSUM, with DATA_VALID or with GSO_NONE", noTunnel),
	untested("5.1.9.2.2", mustWord, "does not accept a frame with UDP_TUNNEL_CSUM and no tunnel bit", noTunnel),
	untested("5.1.9.2.2", mustWord, "does not use outer_th_offset and inner_nh_offset without a tunnel bit", noTunnel),
	untested("5.1.9.2.2", mustWord, "does not use outer_nh_offset without OUT_NET_HEADER", "OUT_NET_HEADER is not offered"),
	untested("5.1.9.2.2", mustWord, "does not use resource_id and resource_type without SECURITY", "IPsec is not offered"),
}

const noTunnel = "UDP tunnel offloads are not offered"

// sends transmits a frame with a header, and returns the header that the peer got.
func (n *nic) sends(h header) []byte {
	n.Helper()
	n.postWith(n.padded(h), frame(3000, 9))
	n.tx().Kick()
	n.tx().Wait(patience)
	return n.arrives(frame(3000, 9))
}

// carries compares a received header.
func (n *nic) carries(f virtiotest.Frame, want header) {
	n.Helper()
	if !bytes.Equal(f.Header[:10], want.bytes()) {
		n.Errorf("header %x, want %x", f.Header[:10], want.bytes())
	}
}
