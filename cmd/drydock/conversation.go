package main

import (
	"context"
	"io"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/vmm"
)

// converse runs the machine, and talks with its init meanwhile.
func (r *runOptions) converse(ctx context.Context, m *args.Machine, a *assemble.Assembly, argv []string, guest *guestConsole) (int, error) {
	port, err := addChannel(a)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	host := runproto.Host{Spec: r.spec(a, argv), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Warning: guest.warn}
	if r.terminal {
		c, err := openConsole(os.Stdin, cancel)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		host.Stdin = c
		c.tty.lend(&host)
	}
	ended := talk(ctx, &host, port)
	o, err := runMachine(ctx, m, a)
	port.Close()
	status, failure := ended()
	switch {
	case err != nil:
		return 0, err
	case failure == nil:
		return status, nil
	}
	return guest.verdict(ctx, o, failure)
}

// addChannel gives the machine a serial port of its own for the conversation.
func addChannel(a *assemble.Assembly) (*virtioconsole.Port, error) {
	port := virtioconsole.NewPort(guestimage.DefaultPort, 0)
	channel, err := virtioconsole.New(virtioconsole.Config{MaxPorts: 2, Ports: []*virtioconsole.Port{port}})
	if err != nil {
		return nil, err
	}
	a.Config.Devices = append(a.Config.Devices, vmm.Device{Device: channel, Slot: -1, DisableLegacy: true, IOEventFD: true, Vectors: 2})
	return port, nil
}

// talk begins the conversation. ended waits for its end, and returns the command's status.
func talk(ctx context.Context, host *runproto.Host, port io.ReadWriteCloser) (ended func() (status int, err error)) {
	var status int
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		status, err = host.Run(ctx, port)
	}()
	return func() (int, error) {
		<-done
		return status, err
	}
}

// spec tells the guest what to do.
func (r *runOptions) spec(a *assemble.Assembly, argv []string) runproto.Spec {
	s := runproto.Spec{Argv: argv, Env: r.env, Dir: r.dir, Hostname: r.hostname}
	for i, nic := range a.NICs {
		addr := defaultAddress(nic.Link)
		if i < len(r.addrs) {
			addr = r.addrs[i]
		}
		s.Networks = append(s.Networks, addr.Network(nic.MAC.String()))
	}
	return s
}

// defaultAddress is what a NIC gets that -ip says nothing about: the user network alone has a DHCP server.
func defaultAddress(netdevKind string) args.Address { return args.Address{DHCP: netdevKind == "user"} }
