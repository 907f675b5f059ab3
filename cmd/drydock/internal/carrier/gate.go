package carrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/devices/char/tunnel"
)

func socketName(n int) string { return fmt.Sprintf("drydock.socket%d", n) }

// SocketPath is where a carrier has the port of the n-th of Config.Sockets: what char.SocketConfig's Tunnel names there.
func SocketPath(n int) string { return portDir + socketName(n) }

// A Socket of the host belongs to a machine in a carrier.
type Socket struct {
	Peers *char.Peers
	Many  bool // whoever comes is let in at once, and not one after the other has left
}

// A gate lets those who come to a socket of the host into the carrier, by a port.
type gate struct {
	Socket
	tunnel   *tunnel.Caller
	patience time.Duration // of drain
	run      sync.WaitGroup

	ctx context.Context // done when all is to end
	end context.CancelFunc
}

// openGate takes over port, also if it fails.
func openGate(s Socket, port *os.File) (*gate, error) {
	conn, err := stdnet.FileConn(port)
	if err = errors.Join(err, port.Close()); err != nil {
		return nil, err
	}
	g := &gate{Socket: s, tunnel: tunnel.NewCaller(conn), patience: lastWords}
	g.ctx, g.end = context.WithCancel(context.Background())
	g.run.Go(g.serve)
	return g, nil
}

// serve lets in whoever comes, until nobody can.
func (g *gate) serve() {
	for {
		peer, err := g.Peers.Accept()
		switch {
		case err != nil:
			return
		case g.Many:
			g.run.Go(func() { g.relay(peer) })
		default:
			g.relay(peer)
		}
	}
}

// relay carries bytes between a peer and the machine inside. The peer may end its way alone; when the machine hangs up, as it does then,
// both have ended.
func (g *gate) relay(peer stdnet.Conn) {
	defer peer.Close()
	stop := context.AfterFunc(g.ctx, func() { _ = peer.Close() })
	defer stop()
	inside, err := g.tunnel.Call()
	if err != nil { // the carrier has ended
		return
	}
	var inward sync.WaitGroup
	inward.Go(func() {
		_, _ = io.Copy(inside, peer) // an error of either is an end like another
		_ = inside.CloseWrite()
	})
	_, _ = io.Copy(peer, inside)
	_ = peer.Close()
	_ = inside.Close()
	inward.Wait()
}

// lastWords is how long a peer may take to read what the machine sent before it ended.
const lastWords = time.Second

// drain lets nobody in any more, and waits until all has been said to those who are.
func (g *gate) drain() {
	_ = g.Peers.Close()
	ctx, cancel := context.WithTimeout(g.ctx, g.patience)
	defer cancel()
	g.tunnel.Wait(ctx)
}

// Close hangs up.
func (g *gate) Close() error {
	err := g.Peers.Close()
	g.end()
	err = errors.Join(err, g.tunnel.Close())
	g.run.Wait()
	return err
}
