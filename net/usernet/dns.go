package usernet

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"net/netip"
	"strings"
	"sync"

	dnsservice "github.com/containers/gvisor-tap-vsock/pkg/services/dns"
	"github.com/sirupsen/logrus"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

const dnsPort = 53

// silence keeps the name server's library from writing to the standard error, which a guest could else fill: it reports each
// answer that it could not send.
var silence = sync.OnceFunc(func() { logrus.SetOutput(io.Discard) })

// serveDNS answers names with the host's resolver, by gvisor-tap-vsock's server.
func (u *User) serveDNS() error {
	silence()
	at := full(netip.AddrPortFrom(u.config.DNS, dnsPort))
	packets, err := gonet.DialUDP(u.stack, &at, nil, ipv4.ProtocolNumber)
	if err != nil {
		return fmt.Errorf("usernet: name server: %w", err)
	}
	u.hold(packets)
	streams, err := gonet.ListenTCP(u.stack, at, ipv4.ProtocolNumber)
	if err != nil {
		return fmt.Errorf("usernet: name server: %w", err)
	}
	u.hold(listener{streams})
	server, err := dnsservice.NewWithUpstreamResolver(packets, &holdingListener{streams, u}, nil, &upstream{u.ctx, u.config.Resolver, make(chan struct{}, maxQueries)})
	if err != nil {
		return fmt.Errorf("usernet: name server: %w", err)
	}
	u.run(func() { u.logEnd(server.Serve()) })
	u.run(func() { u.logEnd(server.ServeTCP()) })
	return nil
}

func (u *User) logEnd(err error) {
	if err != nil && u.ctx.Err() == nil {
		u.config.Log.Error().Err(err).Msg("user network: the name server ended")
	}
}

// listener closes so that a waiting Accept returns.
type listener struct{ *gonet.TCPListener }

func (l listener) Close() error {
	l.Shutdown()
	return l.TCPListener.Close()
}

// holdingListener lets Close end the connections of the name server, which waits for their next question.
type holdingListener struct {
	*gonet.TCPListener
	u *User
}

func (l *holdingListener) Accept() (stdnet.Conn, error) {
	c, err := l.TCPListener.Accept()
	if err != nil {
		return nil, err
	}
	held := &heldConn{c, l.u}
	l.u.hold(c)
	return held, nil
}

type heldConn struct {
	stdnet.Conn
	u *User
}

func (c *heldConn) Close() error {
	c.u.release(c.Conn)
	return nil
}

// maxQueries bounds the questions that wait for the host's resolver.
const maxQueries = 64

var errBusy = errors.New("too many questions at a time")

// upstream is the resolver as the name server wants it, but no question outlives the network, whatever context the library
// gives, and not too many wait.
type upstream struct {
	ctx   context.Context
	r     *stdnet.Resolver
	slots chan struct{}
}

func ask[T any](u *upstream, f func(context.Context) (T, error)) (answer T, err error) {
	select {
	case u.slots <- struct{}{}:
		defer func() { <-u.slots }()
		return f(u.ctx)
	default:
		return answer, errBusy
	}
}

// LookupIPAddr asks for a single label without its last dot: with the dot, the resolver looks past /etc/hosts.
func (u *upstream) LookupIPAddr(_ context.Context, host string) ([]stdnet.IPAddr, error) {
	if label, rest, _ := strings.Cut(host, "."); rest == "" {
		host = label
	}
	return ask(u, func(ctx context.Context) ([]stdnet.IPAddr, error) { return u.r.LookupIPAddr(ctx, host) })
}

func (u *upstream) LookupCNAME(_ context.Context, host string) (string, error) {
	return ask(u, func(ctx context.Context) (string, error) { return u.r.LookupCNAME(ctx, host) })
}

func (u *upstream) LookupMX(_ context.Context, name string) ([]*stdnet.MX, error) {
	return ask(u, func(ctx context.Context) ([]*stdnet.MX, error) { return u.r.LookupMX(ctx, name) })
}

func (u *upstream) LookupNS(_ context.Context, name string) ([]*stdnet.NS, error) {
	return ask(u, func(ctx context.Context) ([]*stdnet.NS, error) { return u.r.LookupNS(ctx, name) })
}

func (u *upstream) LookupTXT(_ context.Context, name string) ([]string, error) {
	return ask(u, func(ctx context.Context) ([]string, error) { return u.r.LookupTXT(ctx, name) })
}

func (u *upstream) LookupSRV(_ context.Context, service, proto, name string) (cname string, records []*stdnet.SRV, err error) {
	records, err = ask(u, func(ctx context.Context) ([]*stdnet.SRV, error) {
		var records []*stdnet.SRV
		cname, records, err = u.r.LookupSRV(ctx, service, proto, name)
		return records, err
	})
	return cname, records, err
}
