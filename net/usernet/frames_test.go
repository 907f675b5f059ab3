package usernet

import (
	"bytes"
	stdnet "net"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
)

func build(l ...gopacket.SerializableLayer) []byte {
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, l...); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

func ethernet(dst string, kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: stdnet.HardwareAddr(guestMAC), DstMAC: stdnet.HardwareAddr(dst), EthernetType: kind}
}

const everybody = "\xff\xff\xff\xff\xff\xff"

func udpFrame(from, to string, payload []byte) []byte {
	f, d := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	dst := string(hostMAC)
	if d.Addr() == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		dst = everybody
	}
	p := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: ip(f.Addr()), DstIP: ip(d.Addr())}
	u := &layers.UDP{SrcPort: layers.UDPPort(f.Port()), DstPort: layers.UDPPort(d.Port())}
	u.SetNetworkLayerForChecksum(p)
	return build(ethernet(dst, layers.EthernetTypeIPv4), p, u, gopacket.Payload(payload))
}

// send waits while the link is full.
func send(t *testing.T, u *User, frame []byte) {
	t.Helper()
	l := u.Links()[0]
	for {
		switch err := l.Send([]unix.Iovec{{Base: &frame[0], Len: uint64(len(frame))}}); err {
		case nil:
			return
		case net.ErrWouldBlock:
			unix.Poll([]unix.PollFd{{Fd: int32(l.FD()), Events: unix.POLLOUT}}, 1000)
		default:
			t.Fatal(err)
		}
	}
}

// askDHCP sends a DHCP message and gives the answer; nil if the server answers the next message, which it always does, without one.
func askDHCP(t *testing.T, u *User, m *dhcpv4.DHCPv4) (answer *dhcpv4.DHCPv4) {
	t.Helper()
	next := discover(t, string(guestMAC), dhcpv4.WithMessageType(dhcpv4.MessageTypeInform))
	for _, q := range []*dhcpv4.DHCPv4{m, next} {
		send(t, u, udpFrame("0.0.0.0:68", "255.255.255.255:67", q.ToBytes()))
	}
	for end := time.Now().Add(wait); time.Now().Before(end); {
		switch reply := dhcpReply(receive(u.Links()[0], wait)); {
		case reply == nil:
		case reply.TransactionID == m.TransactionID:
			answer = reply
		case reply.TransactionID == next.TransactionID:
			return answer
		}
	}
	t.Fatal("the DHCP server is silent")
	return nil
}

// dhcpReply is what a frame carries for a DHCP client, or nil.
func dhcpReply(frame []byte) *dhcpv4.DHCPv4 {
	l, ok := decode(frame).TransportLayer().(*layers.UDP)
	if !ok || l.DstPort != 68 {
		return nil
	}
	reply, err := dhcpv4.FromBytes(l.Payload)
	if err != nil {
		return nil
	}
	return reply
}

func discover(t *testing.T, mac string, options ...dhcpv4.Modifier) *dhcpv4.DHCPv4 {
	t.Helper()
	m, err := dhcpv4.NewDiscovery(stdnet.HardwareAddr(mac), options...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDHCPGivesQEMUsAddresses(t *testing.T) {
	u := start(t, Config{Hostname: "boat", Domain: "dock.example", Search: []string{"a.example", "b.example"}})
	offer := askDHCP(t, u, discover(t, string(guestMAC)))
	if offer == nil || offer.MessageType() != dhcpv4.MessageTypeOffer {
		t.Fatalf("offer %v", offer)
	}
	request, err := dhcpv4.NewRequestFromOffer(offer)
	if err != nil {
		t.Fatal(err)
	}
	ack := askDHCP(t, u, request)
	if ack == nil || ack.MessageType() != dhcpv4.MessageTypeAck {
		t.Fatalf("answer to the request %v", ack)
	}
	for what, got := range map[string][2]string{
		"address": {ack.YourIPAddr.String(), "10.0.2.15"},
		"server":  {ack.ServerIdentifier().String(), "10.0.2.2"},
		"router":  {ack.Router()[0].String(), "10.0.2.2"},
		"dns":     {ack.DNS()[0].String(), "10.0.2.3"},
		"mask":    {stdnet.IP(ack.SubnetMask()).String(), "255.255.255.0"},
		"lease":   {ack.IPAddressLeaseTime(0).String(), "24h0m0s"},
		"host":    {ack.HostName(), "boat"},
		"domain":  {ack.DomainName(), "dock.example"},
		"search":  {ack.DomainSearch().String(), "[a.example b.example]"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s, want %s", what, got[0], got[1])
		}
	}
}

func TestDHCPRefusesAnAddressOfAnotherNetwork(t *testing.T) {
	u := start(t, Config{})
	m := discover(t, string(guestMAC), dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(stdnet.IPv4(192, 168, 1, 7))))
	if reply := askDHCP(t, u, m); reply == nil || reply.MessageType() != dhcpv4.MessageTypeNak {
		t.Errorf("%v, want a refusal", reply)
	}
	other := discover(t, string(guestMAC), dhcpv4.WithMessageType(dhcpv4.MessageTypeRequest),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(stdnet.IPv4(10, 0, 2, 9))))
	if reply := askDHCP(t, u, other); reply != nil {
		t.Errorf("a request to another server is answered: %v", reply)
	}
}

func TestDHCPEndsAfterSixteenLeases(t *testing.T) {
	u := start(t, Config{})
	for i := range maxLeases {
		offer := askDHCP(t, u, discover(t, string([]byte{0x52, 0x54, 0, 0, 1, byte(i)})))
		if offer == nil || !offer.YourIPAddr.Equal(stdnet.IPv4(10, 0, 2, byte(15+i))) {
			t.Fatalf("lease %d: %v", i, offer)
		}
	}
	if offer := askDHCP(t, u, discover(t, "\x52\x54\x00\x00\x02\x00")); offer != nil {
		t.Errorf("one more: %v", offer)
	}
}

func TestOnlyOurAddressesAnswerARPAndPings(t *testing.T) {
	u := start(t, Config{})
	for addr, ours := range map[string]bool{"10.0.2.2": true, "10.0.2.3": true, "10.0.2.15": false, "10.0.2.99": false, "8.8.8.8": false} {
		target := ip(netip.MustParseAddr(addr))
		request := build(ethernet(everybody, layers.EthernetTypeARP), &layers.ARP{
			AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: layers.ARPRequest,
			SourceHwAddress: []byte(guestMAC), SourceProtAddress: []byte{10, 0, 2, 15}, DstHwAddress: make([]byte, 6), DstProtAddress: target,
		})
		ping := build(ethernet(string(hostMAC), layers.EthernetTypeIPv4),
			&layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolICMPv4, SrcIP: stdnet.IPv4(10, 0, 2, 15).To4(), DstIP: target},
			&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0), Id: 1, Seq: 1})
		for _, q := range []struct {
			what  string
			frame []byte
			is    func(answer []byte) bool
		}{
			{"ARP", request, func(f []byte) bool { return isARPReply(f, target) }}, // and now our own address is known there
			{"ping", ping, func(f []byte) bool { return isEchoReply(f, target) }},
		} {
			send(t, u, q.frame)
			patience := 150 * time.Millisecond // for an answer that must not come
			if ours {
				patience = wait
			}
			if got := awaits(u.Links()[0], patience, q.is); got != ours {
				t.Errorf("%s of %s is answered: %v, want %v", q.what, addr, got, ours)
			}
		}
	}
}

// awaits looks for a frame among those that come in a while: others, such as the stack's own questions, may come before it.
func awaits(l net.Link, patience time.Duration, wanted func([]byte) bool) bool {
	for deadline := time.Now().Add(patience); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		if f := receive(l, left); f != nil && wanted(f) {
			return true
		}
	}
}

func isARPReply(frame []byte, from []byte) bool {
	arp, ok := decode(frame).Layer(layers.LayerTypeARP).(*layers.ARP)
	return ok && arp.Operation == layers.ARPReply && bytes.Equal(arp.SourceProtAddress, from)
}

func isEchoReply(frame []byte, from []byte) bool {
	p := decode(frame)
	ip4, ok := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	icmp, echo := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4)
	return ok && echo && icmp.TypeCode.Type() == layers.ICMPv4TypeEchoReply && ip4.SrcIP.Equal(from)
}

func decode(frame []byte) gopacket.Packet {
	return gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
}

func TestBrokenFramesAreIgnored(t *testing.T) {
	u := start(t, Config{})
	whole := udpFrame("10.0.2.15:99", "10.0.2.2:1", []byte("payload"))
	for n := 1; n < len(whole); n++ {
		send(t, u, whole[:n])
		damaged := append([]byte{}, whole...)
		damaged[n] ^= 0xff
		send(t, u, damaged)
	}
	send(t, u, make([]byte, 70<<10))
	if offer := askDHCP(t, u, discover(t, string(guestMAC))); offer == nil {
		t.Error("the network is dead after broken frames")
	}
}

func tcpFrame(from, to string) []byte {
	f, d := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	p := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: ip(f.Addr()), DstIP: ip(d.Addr())}
	s := &layers.TCP{SrcPort: layers.TCPPort(f.Port()), DstPort: layers.TCPPort(d.Port()), SYN: true, Window: 1000}
	s.SetNetworkLayerForChecksum(p)
	return build(ethernet(string(hostMAC), layers.EthernetTypeIPv4), p, s)
}
