package args

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/char"
)

// An Endpoint is where a client of QMP or qtest is: on standard input and output, at a descriptor that the parent opened, or at a
// stream socket, which is connected to, or listened at.
type Endpoint struct {
	Stdio   bool
	FD      int    // -1: none
	Path    string // of a Unix socket; "" for none
	Address string // host:port of a TCP socket; "" for none
	Server  bool   // listen, for one client after the other
	Wait    bool   // with Server: the machine starts when the first client is there
	Tunnel  string // the port by which its connections come: it is on another host; "" for none
}

// Socket is an endpoint that is not Stdio.
func (e Endpoint) Socket() char.SocketConfig {
	c := char.SocketConfig{FD: e.FD, Server: e.Server, Tunnel: e.Tunnel}
	switch {
	case e.FD >= 0:
	case e.Path != "":
		c.Network, c.Address = "unix", e.Path
	default:
		c.Network, c.Address = "tcp", e.Address
	}
	return c
}

// String is what ParseEndpoint reads.
func (e Endpoint) String() string {
	var l option.List
	kind := "unix:"
	switch {
	case e.Stdio:
		return "stdio"
	case e.FD >= 0:
		l = l.With("fd", strconv.Itoa(e.FD))
	case e.Path != "":
		l = l.With("path", e.Path)
	default:
		kind, l = "tcp:", l.With("address", e.Address)
	}
	if e.Server {
		l = append(l, option.Pair{Key: "server", Value: "on"}, option.Pair{Key: "wait", Value: onOff(e.Wait)})
	}
	if e.Tunnel != "" {
		l = l.With("tunnel", e.Tunnel)
	}
	return kind + l.String()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// ParseEndpoint reads a character device without a name. what is the option that it is given to, for the errors.
func ParseEndpoint(s, what string) (e Endpoint, err error) {
	e = Endpoint{FD: -1, Stdio: s == "stdio"}
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case e.Stdio:
	case kind == "unix":
		err = e.decode(rest, "path", what)
	case kind == "tcp":
		err = e.decode(rest, "address", what)
	default:
		err = errors.New("write unix:PATH[,server=on,wait=off], tcp:HOST:PORT[,server=on,wait=off] or stdio")
	}
	return e, err
}

func (e *Endpoint) decode(s, implied, what string) error {
	l, err := option.Parse(s, implied)
	if err != nil {
		return err
	}
	return e.read(l, what)
}

// read takes what a socket is given. A server waits unless it is told not to, as in QEMU.
func (e *Endpoint) read(l option.List, what string) error {
	var host, port, ignored string
	wait := true
	err := l.Decode(what, option.Props{
		"path": option.ToString(&e.Path), "address": option.ToString(&e.Address), "host": option.ToString(&host), "port": option.ToString(&port),
		"fd": option.ToUint(&e.FD, 31), "tunnel": option.ToString(&e.Tunnel), "server": option.ToBool(&e.Server), "wait": option.ToBool(&wait),
		"nodelay": ignoredSwitch, "ipv4": ignoredSwitch, "ipv6": ignoredSwitch, "abstract": mustBe(false), "reconnect": onlyNumber(0),
		"id": option.ToString(&ignored), "mux": mustBe(false),
	})
	if host+port != "" {
		e.Address = net.JoinHostPort(host, port)
	}
	e.Wait = e.Server && wait
	if err == nil && e.Path == "" && e.Address == "" && e.FD < 0 {
		err = fmt.Errorf("%s: say where: path=, host= and port=, or fd=", what)
	}
	return err
}
