package usernet

import (
	"fmt"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/link/qdisc/fifo"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

const nic = 1

// queueLen is how many frames wait for the guest before more are dropped: a few TCP windows of full segments.
const queueLen = 4096

// newStack makes the host's end of the guest's network: it answers for Host and DNS, and takes all other addresses too
// (promiscuous, spoofing), for the handlers of the transports to translate.
func newStack(c *Config, e *endpoint) (*stack.Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})
	if err := configure(s, c, e); err != nil {
		s.Destroy()
		return nil, fmt.Errorf("usernet: %v", err)
	}
	return s, nil
}

func configure(s *stack.Stack, c *Config, e *endpoint) tcpip.Error {
	tune(s)
	options := stack.NICOptions{Name: "guest", QDisc: fifo.New(e, 1, queueLen)}
	if err := s.CreateNICWithOptions(nic, e, options); err != nil {
		options.QDisc.Close()
		return err
	}
	for _, a := range []netip.Addr{c.Host, c.DNS} {
		pa := tcpip.ProtocolAddress{
			Protocol:          ipv4.ProtocolNumber,
			AddressWithPrefix: tcpip.AddressWithPrefix{Address: address(a), PrefixLen: c.Net.Bits()},
		}
		if err := s.AddProtocolAddress(nic, pa, stack.AddressProperties{}); err != nil {
			return err
		}
	}
	s.SetRouteTable([]tcpip.Route{{Destination: subnet(c.Net), NIC: nic}})
	if err := s.SetSpoofing(nic, true); err != nil {
		return err
	}
	return s.SetPromiscuousMode(nic, true)
}

// tune lets TCP recover from the losses that a full receive ring of the guest makes, and grow its windows. A protocol that
// refuses works with its defaults, only slower.
func tune(s *stack.Stack) {
	sack := tcpip.TCPSACKEnabled(true)
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: 1 << 20, Max: 8 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &receive)
	send := tcpip.TCPSendBufferSizeRangeOption{Min: tcp.MinBufferSize, Default: 1 << 20, Max: 8 << 20}
	s.SetTransportProtocolOption(tcp.ProtocolNumber, &send)
}

func subnet(p netip.Prefix) tcpip.Subnet {
	return tcpip.AddressWithPrefix{Address: address(p.Addr()), PrefixLen: p.Bits()}.Subnet()
}

func address(a netip.Addr) tcpip.Address { return tcpip.AddrFrom4(a.As4()) }

func full(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nic, Addr: address(a.Addr()), Port: a.Port()}
}

// destination is where a packet of the guest wants to go.
func destination(id stack.TransportEndpointID) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(id.LocalAddress.As4()), id.LocalPort)
}

func stackError(what string, err tcpip.Error) error { return fmt.Errorf("usernet: %s: %v", what, err) }
