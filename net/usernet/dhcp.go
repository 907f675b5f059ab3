package usernet

import (
	stdnet "net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/rfc1035label"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	leaseTime = 24 * time.Hour
	maxLeases = 16 // as QEMU's; a guest with many addresses cannot make more
)

// serveDHCP answers on port 67 until the network ends.
func (u *User) serveDHCP() error {
	var wq waiter.Queue
	ep, terr := u.stack.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &wq)
	if terr != nil {
		return stackError("DHCP server", terr)
	}
	ep.SocketOptions().SetBroadcast(true)
	if terr := ep.Bind(tcpip.FullAddress{NIC: nic, Port: dhcpv4.ServerPort}); terr != nil {
		ep.Close()
		return stackError("DHCP server", terr)
	}
	conn := gonet.NewUDPConn(&wq, ep)
	u.hold(conn)
	server := &dhcpServer{config: &u.config, leases: map[string]netip.Addr{}}
	u.run(func() { server.serve(conn) })
	return nil
}

// dhcpServer gives addresses by MAC. One goroutine uses it.
type dhcpServer struct {
	config *Config
	leases map[string]netip.Addr
}

func (d *dhcpServer) serve(conn stdnet.PacketConn) {
	buf := make([]byte, 2*mtu)
	// A client without an address hears only broadcasts; the frame goes to all, which is the guest.
	to := &stdnet.UDPAddr{IP: stdnet.IPv4bcast, Port: dhcpv4.ClientPort}
	for {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		m, err := dhcpv4.FromBytes(buf[:n])
		if err != nil || m.OpCode != dhcpv4.OpcodeBootRequest {
			continue
		}
		if reply := d.reply(m); reply != nil {
			conn.WriteTo(reply.ToBytes(), to)
		}
	}
}

// reply gives the answer to m, or nil.
func (d *dhcpServer) reply(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		if a := d.lease(m); a.IsValid() {
			return d.answer(m, dhcpv4.MessageTypeOffer, a)
		}
	case dhcpv4.MessageTypeRequest:
		return d.request(m)
	case dhcpv4.MessageTypeInform:
		return d.answer(m, dhcpv4.MessageTypeAck, netip.Addr{})
	case dhcpv4.MessageTypeRelease, dhcpv4.MessageTypeDecline:
		delete(d.leases, m.ClientHWAddr.String())
	case dhcpv4.MessageTypeNone: // BOOTP
		if a := d.lease(m); a.IsValid() {
			return d.answer(m, dhcpv4.MessageTypeNone, a)
		}
	}
	return nil
}

// request confirms an address, or refuses the one that the client remembers from another network. A request that names another
// server is not for us (RFC 2131, 4.3.2).
func (d *dhcpServer) request(m *dhcpv4.DHCPv4) *dhcpv4.DHCPv4 {
	if id := m.ServerIdentifier(); id != nil && !id.Equal(ip(d.config.Host)) {
		return nil
	}
	want := wanted(m)
	if a := d.lease(m); a.IsValid() && a == want {
		return d.answer(m, dhcpv4.MessageTypeAck, a)
	}
	return d.answer(m, dhcpv4.MessageTypeNak, netip.Addr{})
}

// wanted is the address that a client asks for: the requested address option, or its present one when it renews.
func wanted(m *dhcpv4.DHCPv4) netip.Addr {
	for _, ip := range []stdnet.IP{m.RequestedIPAddress(), m.ClientIPAddr} {
		if a, ok := netip.AddrFromSlice(ip.To4()); ok && !a.IsUnspecified() {
			return a
		}
	}
	return netip.Addr{}
}

// lease gives the client's address: the one it has, the one it asks for if that is free, or the first that is free; none if
// all are taken.
func (d *dhcpServer) lease(m *dhcpv4.DHCPv4) netip.Addr {
	mac := m.ClientHWAddr.String()
	if a, ok := d.leases[mac]; ok {
		return a
	}
	free := d.free()
	if len(free) == 0 {
		return netip.Addr{}
	}
	a := free[0]
	for _, f := range free {
		if f == wanted(m) {
			a = f
		}
	}
	d.leases[mac] = a
	return a
}

func (d *dhcpServer) free() []netip.Addr {
	taken := map[netip.Addr]bool{d.config.Host: true, d.config.DNS: true}
	for _, a := range d.leases {
		taken[a] = true
	}
	var free []netip.Addr
	a := d.config.DHCPStart
	for i := 0; i < maxLeases && d.config.Net.Contains(a) && a != broadcast(d.config.Net); i++ {
		if !taken[a] {
			free = append(free, a)
		}
		a = a.Next()
	}
	return free
}

// answer builds a reply with all that the network tells; a refusal tells nothing.
func (d *dhcpServer) answer(m *dhcpv4.DHCPv4, kind dhcpv4.MessageType, a netip.Addr) *dhcpv4.DHCPv4 {
	options := []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptServerIdentifier(ip(d.config.Host)))}
	if kind != dhcpv4.MessageTypeNone {
		options = append(options, dhcpv4.WithMessageType(kind))
	}
	if kind != dhcpv4.MessageTypeNak {
		options = append(options, d.options()...)
	}
	if a.IsValid() {
		options = append(options, dhcpv4.WithYourIP(ip(a)), dhcpv4.WithLeaseTime(uint32(leaseTime/time.Second)))
	}
	reply, err := dhcpv4.NewReplyFromRequest(m, options...)
	if err != nil {
		return nil
	}
	return reply
}

func (d *dhcpServer) options() []dhcpv4.Modifier {
	c := d.config
	options := []dhcpv4.Modifier{
		dhcpv4.WithNetmask(stdnet.CIDRMask(c.Net.Bits(), 32)),
		dhcpv4.WithServerIP(ip(c.Host)),
	}
	if !c.Restrict { // a restricted guest has no router and no name server to tell of
		options = append(options, dhcpv4.WithRouter(ip(c.Host)), dhcpv4.WithDNS(ip(c.DNS)))
	}
	if c.Hostname != "" {
		options = append(options, dhcpv4.WithOption(dhcpv4.OptHostName(c.Hostname)))
	}
	if c.Domain != "" {
		options = append(options, dhcpv4.WithOption(dhcpv4.OptDomainName(c.Domain)))
	}
	if len(c.Search) > 0 {
		options = append(options, dhcpv4.WithOption(dhcpv4.OptDomainSearch(&rfc1035label.Labels{Labels: c.Search})))
	}
	return options
}

func ip(a netip.Addr) stdnet.IP { return a.AsSlice() }
