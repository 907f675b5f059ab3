package args

import (
	"errors"
	"fmt"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// A QMPSocket is where QMP is spoken: on standard input and output, a descriptor that the parent opened, or a stream socket,
// which is connected to, or listened at.
type QMPSocket struct {
	Stdio   bool
	FD      int    // -1: none
	Path    string // of a Unix socket; "" for none
	Address string // host:port of a TCP socket; "" for none
	Server  bool   // listen, for one client after the other
	Wait    bool   // with Server: the machine starts when the first client is there
}

// addQMP is -qmp: a character device without a name, in QEMU's short spelling.
func (m *Machine) addQMP(s string) error {
	if s == "none" {
		return nil
	}
	q, err := ParseSocket(s, "-qmp")
	if err == nil {
		m.QMP = append(m.QMP, q)
	}
	return err
}

// ParseSocket reads a character device without a name. what is the option that it is given to, for the errors.
func ParseSocket(s, what string) (q QMPSocket, err error) {
	q = QMPSocket{FD: -1, Stdio: s == "stdio"}
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case q.Stdio:
	case kind == "unix":
		err = q.decode(rest, "path", what)
	case kind == "tcp":
		err = q.decode(rest, "address", what)
	default:
		err = errors.New("write unix:PATH[,server=on,wait=off], tcp:HOST:PORT[,server=on,wait=off] or stdio")
	}
	return q, err
}

func (q *QMPSocket) decode(s, implied, what string) error {
	l, err := option.Parse(s, implied)
	if err != nil {
		return err
	}
	return q.read(l, what)
}

// read takes what a socket is given. A server waits unless it is told not to, as in QEMU.
func (q *QMPSocket) read(l option.List, what string) error {
	var host, port, ignored string
	wait := true
	err := l.Decode(what, option.Props{
		"path": option.ToString(&q.Path), "address": option.ToString(&q.Address), "host": option.ToString(&host), "port": option.ToString(&port),
		"fd": option.ToUint(&q.FD, 31), "server": option.ToBool(&q.Server), "wait": option.ToBool(&wait),
		"nodelay": ignoredSwitch, "ipv4": ignoredSwitch, "ipv6": ignoredSwitch, "abstract": mustBe(false), "reconnect": onlyNumber(0),
		"id": option.ToString(&ignored), "mux": mustBe(false),
	})
	if host+port != "" {
		q.Address = host + ":" + port
	}
	q.Wait = q.Server && wait
	if err == nil && q.Path == "" && q.Address == "" && q.FD < 0 {
		err = fmt.Errorf("%s: say where: path=, host= and port=, or fd=", what)
	}
	return err
}

// decodeMonitors finds for each -mon the character device that it is on.
func (m *Machine) decodeMonitors() error {
	for _, l := range m.Lists["mon"] {
		var chardev, mode string
		err := l.Decode("-mon", option.Props{
			"chardev": option.ToString(&chardev), "mode": option.OneOf(&mode, "control", "readline"), "pretty": ignoredSwitch, "id": option.Ignored,
		})
		switch {
		case err != nil:
			return err
		case mode != "control":
			return fmt.Errorf("-mon chardev=%s: there is no monitor for people, only QMP; add mode=control", chardev)
		}
		q, err := m.monitorOn(chardev)
		if err != nil {
			return err
		}
		m.QMP = append(m.QMP, q)
	}
	return nil
}

func (m *Machine) monitorOn(id string) (q QMPSocket, err error) {
	q.FD = -1
	l, ok := m.chardev(id)
	if !ok {
		return q, fmt.Errorf("-mon chardev=%s: there is no -chardev with that id", id)
	}
	switch kind, _ := l.Get("backend"); kind {
	case "stdio":
		q.Stdio = true
		return q, nil
	case "socket":
		return q, q.read(l.Without("backend"), "-chardev socket,id="+id)
	default:
		return q, fmt.Errorf("-mon chardev=%s: QMP is spoken on a socket or on stdio, not on a %s", id, kind)
	}
}

// chardev returns what was written of the -chardev of that id.
func (m *Machine) chardev(id string) (option.List, bool) {
	for _, l := range m.Lists["chardev"] {
		if had, _ := l.Get("id"); had == id {
			return l, true
		}
	}
	return nil, false
}
