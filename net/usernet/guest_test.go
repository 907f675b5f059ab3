package usernet

import (
	"context"
	"fmt"
	stdnet "net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/qdisc/fifo"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/net"
)

// TestMain fails if a goroutine or a descriptor outlives the networks.
func TestMain(m *testing.M) {
	stdnet.DefaultResolver.LookupHost(context.Background(), "localhost") // opens the runtime's poller
	before := descriptors()
	code := m.Run()
	err := leaktest.Goroutines()
	if after := descriptors(); err == nil && after > before {
		err = fmt.Errorf("%d descriptors before, %d after", before, after)
	}
	if code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(list)
}

const guestMAC = tcpip.LinkAddress("\x52\x54\x00\x12\x34\x56")

// guest is a TCP/IP stack behind the network's link, at 10.0.2.15.
type guest struct{ s *stack.Stack }

func start(t *testing.T, c Config) *User {
	t.Helper()
	u, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
	return u
}

func boot(t *testing.T, u *User) *guest {
	t.Helper()
	fd, err := unix.FcntlInt(uintptr(u.Links()[0].FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEndpoint(fd, guestMAC, func(f []byte) bool {
		dst := header.Ethernet(f).DestinationAddress()
		return dst == guestMAC || dst == header.EthernetBroadcastAddress
	})
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4},
	})}
	t.Cleanup(func() {
		e.file.Close()
		e.Wait()
		g.s.Destroy()
	})
	tune(g.s)
	if err := g.s.CreateNICWithOptions(nic, e, stack.NICOptions{QDisc: fifo.New(e, 1, queueLen)}); err != nil {
		t.Fatal(err)
	}
	own := tcpip.AddressWithPrefix{Address: address(netip.MustParseAddr("10.0.2.15")), PrefixLen: 24}
	pa := tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: own}
	if err := g.s.AddProtocolAddress(nic, pa, stack.AddressProperties{}); err != nil {
		t.Fatal(err)
	}
	g.s.SetRouteTable([]tcpip.Route{
		{Destination: own.Subnet(), NIC: nic},
		{Destination: header.IPv4EmptySubnet, Gateway: address(netip.MustParseAddr("10.0.2.2")), NIC: nic},
	})
	return g
}

// wait is far more than anything here takes, on a machine full of other work too, and more than the network's own patience. moment
// is how long something that must not come gets to come.
const (
	wait   = time.Minute
	moment = 300 * time.Millisecond
)

func (g *guest) dial(to string) (*gonet.TCPConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return gonet.DialContextTCP(ctx, g.s, full(netip.MustParseAddrPort(to)), ipv4.ProtocolNumber)
}

func (g *guest) dialUDP(t *testing.T, to string) *gonet.UDPConn {
	t.Helper()
	c, err := g.tryUDP(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (g *guest) tryUDP(to string) (*gonet.UDPConn, error) {
	remote := full(netip.MustParseAddrPort(to))
	c, err := gonet.DialUDP(g.s, nil, &remote, ipv4.ProtocolNumber)
	if err == nil {
		c.SetDeadline(time.Now().Add(wait))
	}
	return c, err
}

// resolver asks the network's name server, over UDP or TCP. It closes its connections.
func (g *guest) resolver(network string) *stdnet.Resolver {
	return &stdnet.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (stdnet.Conn, error) {
		if network == "tcp" {
			return g.dial("10.0.2.3:53")
		}
		c, err := g.tryUDP("10.0.2.3:53")
		return packetConn{c}, err
	}}
}

// packetConn tells the resolver that it has datagrams.
type packetConn struct{ *gonet.UDPConn }

// receive gives the next frame, or nil.
func receive(l net.Link, timeout time.Duration) []byte {
	buf := make([]byte, 2000)
	unix.Poll([]unix.PollFd{{Fd: int32(l.FD()), Events: unix.POLLIN}}, int(timeout.Milliseconds()))
	n, err := l.Receive([]unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}})
	if err != nil {
		return nil
	}
	return buf[:n]
}
