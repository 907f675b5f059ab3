package carrier

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/char"
)

// A PlannedSocket is one that the command line names.
type PlannedSocket struct {
	Option string // that names it, for errors
	Config char.SocketConfig
	Many   bool // as Socket's
}

// socket leaves a socket outside, and returns the port inside by which its connections come.
func (r *rewriting) socket(s PlannedSocket) (port string) {
	port = SocketPath(len(r.plan.Sockets))
	r.plan.Sockets = append(r.plan.Sockets, s)
	return port
}

// monitors are those of -qmp. Standard input and output are the same inside.
func (r *rewriting) monitors() {
	for i, e := range r.inner.Monitors() {
		if !e.Stdio {
			r.inner.QMP[i].Tunnel = r.socket(PlannedSocket{"-qmp", e.Socket(), e.Server})
		}
	}
}

// chardevSocket keeps what is written of a socket: inside it is called as it is here.
func (r *rewriting) chardevSocket(l option.List) (option.List, error) {
	c, err := args.ParseChardev(l)
	if err != nil {
		return l, err
	}
	isMonitor := slices.ContainsFunc(r.inner.Lists["mon"], func(mon option.List) bool { id, _ := mon.Get("chardev"); return id == c.ID })
	return l.With("tunnel", r.socket(PlannedSocket{"-chardev socket,id=" + c.ID, c.Socket, isMonitor && c.Socket.Server})), nil
}

// OpenSockets opens all sockets, as the machine would here. The carrier closes them, and so may the caller.
func (p *Plan) OpenSockets() (sockets []Socket, err error) {
	for _, s := range p.Sockets {
		peers, err := s.Config.Open()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", s.Option, err), CloseSockets(sockets))
		}
		sockets = append(sockets, Socket{peers, s.Many})
	}
	return sockets, nil
}

// CloseSockets closes those that are not closed.
func CloseSockets(sockets []Socket) (err error) {
	for _, s := range sockets {
		err = errors.Join(err, s.Peers.Close())
	}
	return err
}
