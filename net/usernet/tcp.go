package usernet

import (
	"context"
	"io"
	stdnet "net"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	dialTimeout = 20 * time.Second
	maxDialing  = 256 // connections whose other side has not answered
)

// handleTCP translates the guest's connections: each becomes one of the host's own. The guest sees its SYN answered only when
// the host's connection stands, and a reset if it does not come about.
func (u *User) handleTCP() {
	f := tcp.NewForwarder(u.stack, 0, maxDialing, func(r *tcp.ForwarderRequest) {
		done := make(chan struct{})
		if !u.run(func() { defer close(done); u.connect(r) }) {
			r.Complete(true)
			return
		}
		<-done
	})
	u.stack.SetTransportProtocolHandler(tcp.ProtocolNumber, f.HandlePacket)
}

func (u *User) connect(r *tcp.ForwarderRequest) {
	out, ok := u.dialOut(r)
	if !ok {
		r.Complete(true)
		return
	}
	defer u.endFlow()
	defer u.release(out)
	var wq waiter.Queue
	ep, err := r.CreateEndpoint(&wq)
	r.Complete(err != nil)
	if err != nil {
		return
	}
	u.relay(gonet.NewTCPConn(&wq, ep), out)
}

func (u *User) dialOut(r *tcp.ForwarderRequest) (duplex, bool) {
	dst, ok := u.config.outside(destination(r.ID()))
	if !ok || !u.flow() {
		return nil, false
	}
	d := stdnet.Dialer{Timeout: dialTimeout}
	conn, err := d.DialContext(u.ctx, "tcp4", dst.String())
	if err == nil && u.hold(conn) {
		return conn.(duplex), true
	}
	u.endFlow()
	return nil, false
}

// forwardTCP accepts on the host until l is closed.
func (u *User) forwardTCP(f Forward, l stdnet.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			if u.ctx.Err() != nil {
				return
			}
			u.config.Log.Warn().Err(err).Stringer("hostfwd", &f).Msg("user network: accept")
			select { // most likely out of descriptors: let some go
			case <-u.ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if !u.flow() || !u.hold(in) || !u.run(func() { u.dialIn(f, in.(duplex)) }) {
			in.Close()
		}
	}
}

func (u *User) dialIn(f Forward, in duplex) {
	defer u.endFlow()
	defer u.release(in)
	ctx, cancel := context.WithTimeout(u.ctx, dialTimeout)
	defer cancel()
	conn, err := gonet.DialContextTCP(ctx, u.stack, full(f.Guest), ipv4.ProtocolNumber)
	if err != nil {
		u.config.Log.Debug().Err(err).Stringer("hostfwd", &f).Msg("user network: the guest does not answer")
		return
	}
	u.relay(conn, in)
}

// duplex is a stream whose directions end apart.
type duplex interface {
	stdnet.Conn
	CloseWrite() error
}

// relay copies both ways until both directions have ended or one has failed. It closes both.
func (u *User) relay(guest, host duplex) {
	defer host.Close()
	if !u.hold(guest) {
		return
	}
	defer u.release(guest)
	var wg sync.WaitGroup
	wg.Go(func() { pump(guest, host) })
	wg.Go(func() { pump(host, guest) })
	wg.Wait()
}

// pump copies one direction; an error ends the other too, for a broken connection has no half.
func pump(dst, src duplex) {
	if _, err := io.Copy(dst, src); err != nil {
		src.Close()
		dst.Close()
		return
	}
	dst.CloseWrite()
}
