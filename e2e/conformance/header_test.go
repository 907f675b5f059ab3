package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var headerSentences = []sentence{
	must("5.1.9.4.1", everywhere, "sets flags to 0 without GUEST_CSUM", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(header{flags: dataValid}.bytes(), frame(60, 1)) // as taps do for everybody
		n.carries(n.receives(r, frame(60, 1)), header{})
	}),
	should("5.1.9.4.1", everywhere, "has frames checksummed by the link without GUEST_CSUM", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum)
		n.equal("checksums that the link may leave partial", uint64(n.netdev.Accepted()&net.OffloadCsum), uint64(net.OffloadCsum))
		n.startNIC()
		n.equal("checksums that the link may leave partial", uint64(n.netdev.Accepted()&net.OffloadCsum), 0)
	}),
	onlyWith("sets gso_type to TCPV4 only with GUEST_TSO4", gsoTCPv4, GuestTSO4),
	onlyWith("sets gso_type to TCPV6 only with GUEST_TSO6", gsoTCPv6, GuestTSO6),
	onlyWith("sets gso_type to UDP only with GUEST_UFO", gsoUDP, GuestUFO),
	onlyWithUSO("sets gso_type to UDP_L4 only with GUEST_USO4 or GUEST_USO6: with GUEST_USO4", GuestUSO4),
	onlyWithUSO("sets gso_type to UDP_L4 only with GUEST_USO4 or GUEST_USO6: with GUEST_USO6", GuestUSO6),
	must("5.1.9.4.1", everywhere, "sets gso_type to NONE without GUEST_TSO4, GUEST_TSO6, GUEST_UFO, GUEST_USO4 and GUEST_USO6", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(partial.bytes(), frame(1400, 1))
		n.carries(n.receives(r, frame(1400, 1)), partial)
		n.equal("segments that the link may leave whole", uint64(n.netdev.Accepted()&^net.OffloadCsum), 0)
	}),
	should("5.1.9.4.1", everywhere, "has no segments with ECN from the link without GUEST_ECN", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, GuestTSO4)
		n.equal("ECN", uint64(n.netdev.Accepted()&net.OffloadECN), 0)
	}),
	must("5.1.9.4.1", everywhere, "sets GSO_ECN for a segment with ECN, with GUEST_ECN", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, GuestTSO4, GuestECN, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		h := segment
		h.gsoType |= gsoECN
		n.send(h.bytes(), frame(5000, 1))
		n.carries(n.receives(r, frame(5000, 1)), h)
	}),
	must("5.1.9.4.1", everywhere, "with NEEDS_CSUM has csum_start and csum_offset as they complete the checksum", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(partial.bytes(), frame(1000, 1))
		n.carries(n.receives(r, frame(1000, 1)), partial) // the link has computed them: they must arrive
	}),
	must("5.1.9.4.1", everywhere, "sets NEEDS_CSUM and gso_size for a segment", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, GuestTSO4, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(segment.bytes(), frame(5000, 1))
		n.carries(n.receives(r, frame(5000, 1)), segment)
	}),
	should("5.1.9.4.1", everywhere, "sets hdr_len to no less than the headers of a segment", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, GuestTSO6, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		h := header{flags: needsCsum, gsoType: gsoTCPv6, hdrLen: 74, gsoSize: 1428, csumStart: 54, csumOffset: 16}
		n.send(h.bytes(), frame(5000, 1))
		n.carries(n.receives(r, frame(5000, 1)), h)
	}),
	may("5.1.9.4.1", everywhere, "sets DATA_VALID with GUEST_CSUM, where the link has validated the checksum", func(e *env) {
		n := e.nic()
		n.startNIC(GuestCsum, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		n.send(header{flags: dataValid}.bytes(), frame(60, 1))
		n.carries(n.receives(r, frame(60, 1)), header{flags: dataValid})
		n.send(nil, frame(60, 2))
		n.carries(n.receives(r, frame(60, 2)), header{})
	}),
	untested("5.1.9.4.1", mustWord, "with NEEDS_CSUM has validated the checksums that precede the partial one", "the host's kernel did, or it would not say so"),
	untested("5.1.9.4.1", mustWord, "with NEEDS_CSUM has the sum of the pseudo-header in the frame's checksum field", "the host's kernel put it there"),
	untested("5.1.9.4.1", mustWord, "sets no UDP tunnel bits without GUEST_UDP_TUNNEL_GSO, and tells of tunnels with it", noTunnel),
	untested("5.1.9.4.1", mustWord, "sets no UDP_TUNNEL_CSUM without GUEST_UDP_TUNNEL_GSO_CSUM", noTunnel),
	untested("5.1.9.4.1", mustWord, "does not set outer_nh_offset without OUT_NET_HEADER", "OUT_NET_HEADER is not offered"),
	untested("5.1.9.4.1", mustWord, "sets SECURITY, SECURITY_ERR and SECURITY_SA_SOFT_EXPIRY_WARN for what IPsec has processed", "IPsec is not offered"),
}

// onlyWith is a sentence of 5.1.9.4.1 about one type of segment.
func onlyWith(text string, gso byte, bit virtio.Feature) sentence {
	return must("5.1.9.4.1", everywhere, text, func(e *env) { e.nic().segments(gso, bit) })
}

// onlyWithUSO is that of UDP_L4, whose features a legacy driver does not see.
func onlyWithUSO(text string, bit virtio.Feature) sentence {
	return must("5.1.9.4.1", modern, text, func(e *env) { e.nic(with(GuestUSO4, GuestUSO6)).segments(gsoUDPL4, bit) })
}

// segments leaves a segment in the link that one driver has accepted and the next one has not, and then one for a driver that has.
func (n *nic) segments(gso byte, bit virtio.Feature) {
	n.Helper()
	h := header{flags: needsCsum, gsoType: gso, hdrLen: 54, gsoSize: 1000, csumStart: 34, csumOffset: 16}
	n.startNIC(GuestCsum, bit, MrgRxbuf)
	n.send(h.bytes(), frame(5000, 1)) // there is no buffer for it
	n.startNIC(GuestCsum, MrgRxbuf)
	r := n.receiver(virtiotest.LinuxMergeable)
	n.send(nil, frame(60, 2))
	n.carries(n.receives(r, frame(60, 2)), header{})
	n.startNIC(GuestCsum, bit, MrgRxbuf)
	r = n.receiver(virtiotest.LinuxMergeable)
	n.send(h.bytes(), frame(5000, 3))
	n.carries(n.receives(r, frame(5000, 3)), h)
}
