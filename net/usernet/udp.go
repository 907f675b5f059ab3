package usernet

import (
	stdnet "net"
	"net/netip"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// udpIdle ends a datagram flow that nobody used for so long, as UDP has no end of its own.
const udpIdle = 60 * time.Second

const maxDatagram = 64 << 10

// handleUDP translates the guest's datagrams: each pair of addresses is a flow with a socket of the host.
func (u *User) handleUDP() {
	f := udp.NewForwarder(u.stack, func(r *udp.ForwarderRequest) {
		dst, ok := u.config.outside(destination(r.ID()))
		if !ok || !u.flow() {
			return
		}
		var wq waiter.Queue
		// The endpoint must stand when this returns, for it takes the datagram that made it.
		ep, err := r.CreateEndpoint(&wq)
		if err != nil {
			u.endFlow()
			return
		}
		guest := gonet.NewUDPConn(&wq, ep)
		if !u.run(func() { defer u.endFlow(); u.exchange(guest, dst) }) {
			guest.Close()
			u.endFlow()
		}
	})
	u.stack.SetTransportProtocolHandler(udp.ProtocolNumber, f.HandlePacket)
}

func (u *User) exchange(guest stdnet.Conn, dst netip.AddrPort) {
	if !u.hold(guest) {
		return
	}
	defer u.release(guest)
	out, err := stdnet.DialUDP("udp4", nil, stdnet.UDPAddrFromAddrPort(dst))
	if err != nil || !u.hold(out) {
		return
	}
	defer u.release(out)
	relayDatagrams(guest, out)
}

// relayDatagrams copies both ways until both were idle, or one is closed.
func relayDatagrams(a, b stdnet.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() { pumpDatagrams(a, b) })
	wg.Go(func() { pumpDatagrams(b, a) })
	wg.Wait()
}

// pumpDatagrams ends when src was idle; each datagram also keeps the other direction alive. A refused datagram (ICMP port
// unreachable comes as a read or write error) is a lost one.
func pumpDatagrams(dst, src stdnet.Conn) {
	defer dst.Close()
	buf := datagrams.Get().(*[maxDatagram]byte)
	defer datagrams.Put(buf)
	src.SetReadDeadline(time.Now().Add(udpIdle))
	for {
		n, err := src.Read(buf[:])
		if err != nil && !refused(err) {
			return
		}
		if err == nil {
			dst.Write(buf[:n])
		}
		deadline := time.Now().Add(udpIdle)
		src.SetReadDeadline(deadline)
		dst.SetReadDeadline(deadline)
	}
}

var datagrams = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// forwardUDP gives each sender on the host a flow of its own to the guest, from a port of Host.
func (u *User) forwardUDP(f Forward, l *stdnet.UDPConn) {
	senders := &senderTable{guests: map[netip.AddrPort]stdnet.Conn{}}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.ReadFromUDPAddrPort(buf)
		if err != nil {
			if u.ctx.Err() == nil {
				u.config.Log.Error().Err(err).Stringer("hostfwd", &f).Msg("user network: this forward ended")
			}
			return
		}
		if guest := u.sender(senders, f, l, from); guest != nil {
			guest.Write(buf[:n])
			guest.SetReadDeadline(time.Now().Add(udpIdle))
		}
	}
}

// senderTable finds the flow of a sender.
type senderTable struct {
	mu     sync.Mutex
	guests map[netip.AddrPort]stdnet.Conn
}

func (t *senderTable) get(from netip.AddrPort) stdnet.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.guests[from]
}

func (t *senderTable) set(from netip.AddrPort, guest stdnet.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guests[from] = guest
}

func (t *senderTable) remove(from netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.guests, from)
}

// sender finds or makes the flow of a sender; nil if it cannot be.
func (u *User) sender(t *senderTable, f Forward, l *stdnet.UDPConn, from netip.AddrPort) stdnet.Conn {
	if guest := t.get(from); guest != nil {
		return guest
	}
	if !u.flow() {
		return nil
	}
	local, remote := full(netip.AddrPortFrom(u.config.Host, 0)), full(f.Guest)
	guest, err := gonet.DialUDP(u.stack, &local, &remote, ipv4.ProtocolNumber)
	if err != nil || !u.hold(guest) {
		u.endFlow()
		return nil
	}
	t.set(from, guest)
	guest.SetReadDeadline(time.Now().Add(udpIdle))
	started := u.run(func() {
		defer u.endFlow()
		defer u.release(guest)
		defer t.remove(from)
		answer(l, from, guest)
	})
	if !started {
		u.endFlow()
		return nil
	}
	return guest
}

// answer sends what the guest says back to the sender until the flow is idle.
func answer(l *stdnet.UDPConn, to netip.AddrPort, guest stdnet.Conn) {
	buf := datagrams.Get().(*[maxDatagram]byte)
	defer datagrams.Put(buf)
	for {
		n, err := guest.Read(buf[:])
		if err != nil && !refused(err) {
			return
		}
		if err == nil {
			l.WriteToUDPAddrPort(buf[:n], to)
			guest.SetReadDeadline(time.Now().Add(udpIdle))
		}
	}
}
