package args

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/char"
)

// A Chardev is one -chardev: the host's end of a serial port.
type Chardev struct {
	Kind, ID string

	Path, Input string // file, pipe
	Append      bool   // file
	Signals     bool   // stdio: Ctrl-C is for this process
	Size        uint64 // ringbuf
	Socket      char.SocketConfig
	Wait        bool // of a socket that listens: the machine starts when the first client is there
}

// chardevKinds are the backends that there are: each takes what is written of it.
var chardevKinds = map[string]func(c *Chardev, l option.List) error{
	"file": (*Chardev).decodeFile, "memory": (*Chardev).decodeRing, "null": (*Chardev).decodePlain, "pipe": (*Chardev).decodePipe,
	"pty": (*Chardev).decodePlain, "ringbuf": (*Chardev).decodeRing, "socket": (*Chardev).decodeSocket, "stdio": (*Chardev).decodeStdio,
}

// addChardev decodes one -chardev, and leaves it out if a monitor is on it.
func (m *Machine) addChardev(l option.List) error {
	c, err := ParseChardev(l)
	switch {
	case err != nil:
		return err
	case m.Chardev(c.ID) != nil:
		return fmt.Errorf("-chardev %s: duplicate ID %q", c.Kind, c.ID)
	case !m.isMonitor(c.ID):
		m.Chardevs = append(m.Chardevs, c)
	}
	return nil
}

// ParseChardev makes sense of one -chardev by itself.
func ParseChardev(l option.List) (*Chardev, error) {
	c := &Chardev{}
	c.Kind, _ = l.Get("backend")
	c.ID, _ = l.Get("id")
	kinds := slices.Sorted(maps.Keys(chardevKinds))
	decode, ok := chardevKinds[c.Kind]
	switch {
	case asksHelp(c.Kind):
		return nil, helpOn("chardev", kinds)
	case !ok:
		return nil, option.Unknown("character backend", c.Kind, kinds, "-chardev")
	case c.ID == "":
		return nil, fmt.Errorf("-chardev %s: no id specified; add id=", c.Kind)
	}
	return c, decode(c, l.Without("backend", "id"))
}

// decode reads what only this kind of backend has, and what all have.
func (c *Chardev) decode(l option.List, props option.Props) error {
	props["mux"], props["logfile"], props["logappend"] = mustBe(false), onlyEmpty, ignoredSwitch
	return l.Decode("-chardev "+c.Kind, props)
}

func (c *Chardev) decodePlain(l option.List) error { return c.decode(l, option.Props{}) }

func (c *Chardev) decodeFile(l option.List) error {
	return c.onPath(c.decode(l, option.Props{
		"path": option.ToString(&c.Path), "input-path": option.ToString(&c.Input), "append": option.ToBool(&c.Append),
	}))
}

func (c *Chardev) decodePipe(l option.List) error {
	return c.onPath(c.decode(l, option.Props{"path": option.ToString(&c.Path)}))
}

func (c *Chardev) onPath(err error) error {
	if err == nil && c.Path == "" {
		err = fmt.Errorf("-chardev %s,id=%s: no filename given; add path=", c.Kind, c.ID)
	}
	return err
}

func (c *Chardev) decodeStdio(l option.List) error {
	c.Signals = true
	return c.decode(l, option.Props{"signal": option.ToBool(&c.Signals)})
}

func (c *Chardev) decodeRing(l option.List) error {
	c.Kind, c.Size = "ringbuf", 64<<10
	return c.decode(l, option.Props{"size": option.To(&c.Size, func(s string) (uint64, error) { return option.Size(s, 1) })})
}

// A socketText is what is written of a socket.
type socketText struct {
	path, host, port     string
	abstract, ipv4, ipv6 bool
	wait                 *bool
}

func (c *Chardev) decodeSocket(l option.List) error {
	var t socketText
	s := &c.Socket
	s.FD = -1
	err := c.decode(l, option.Props{
		"path": option.ToString(&t.path), "host": option.ToString(&t.host), "port": option.ToString(&t.port), "fd": option.ToUint(&s.FD, 31),
		"server": option.ToBool(&s.Server), "wait": option.To(&t.wait, parseSwitch), "reconnect": option.To(&s.Reconnect, parseReconnect),
		"abstract": option.ToBool(&t.abstract), "tight": mustBe(true), "ipv4": option.ToBool(&t.ipv4), "ipv6": option.ToBool(&t.ipv6),
		"tunnel": option.ToString(&s.Tunnel), "nodelay": ignoredSwitch, "delay": ignoredSwitch, "to": onlyEmpty,
		"telnet": mustBe(false), "tn3270": mustBe(false), "websocket": mustBe(false), "tls-creds": onlyEmpty, "tls-authz": onlyEmpty,
	})
	if err == nil {
		err = c.place(&t)
	}
	if err != nil {
		return err
	}
	c.Wait = s.Server && (t.wait == nil || *t.wait)
	switch {
	case s.Server && s.Reconnect > 0:
		return errors.New("-chardev socket: reconnect is for a client, and server=on listens; leave one out")
	case !s.Server && t.wait != nil:
		return errors.New("-chardev socket: wait is for server=on; leave it out, or add that")
	}
	return nil
}

// place finds out where the socket is.
func (c *Chardev) place(t *socketText) error {
	s := &c.Socket
	ways := 0
	for _, given := range []bool{t.path != "", t.host != "" || t.port != "", s.FD >= 0} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		return errors.New("-chardev socket: say where it is, one way: path=, host= and port=, or fd=")
	case s.FD >= 0:
		return nil
	case t.path != "":
		s.Network, s.Address = "unix", t.path
		if t.abstract {
			s.Address = "@" + t.path
		}
		return nil
	case t.port == "":
		return errors.New("-chardev socket: no port given; add port=")
	}
	s.Network, s.Address = network(t.ipv4, t.ipv6), net.JoinHostPort(t.host, t.port)
	return nil
}

// network is tcp of the one version of IP that was asked for, or of either.
func network(ipv4, ipv6 bool) string {
	switch {
	case ipv4 && !ipv6:
		return "tcp4"
	case ipv6 && !ipv4:
		return "tcp6"
	}
	return "tcp"
}

func parseSwitch(s string) (*bool, error) {
	on, err := option.Bool(s)
	return &on, err
}

// parseReconnect takes seconds; 0 is never.
func parseReconnect(s string) (time.Duration, error) {
	v, err := option.Uint(s, 31)
	return time.Duration(v) * time.Second, err
}

// Chardev returns the backend of that id, nil if there is none or a monitor has it.
func (m *Machine) Chardev(id string) *Chardev {
	for _, c := range m.Chardevs {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (m *Machine) isMonitor(id string) bool {
	return slices.ContainsFunc(m.Lists["mon"], func(l option.List) bool { on, _ := l.Get("chardev"); return on == id })
}

// takeChardev checks that a backend is there for user and that nobody else has it.
func (m *Machine) takeChardev(id, user string) error {
	switch {
	case m.isMonitor(id):
		return fmt.Errorf("%s: chardev %q is in use by a monitor", user, id)
	case m.Chardev(id) == nil:
		return fmt.Errorf("%s: there is no -chardev with id=%s", user, id)
	case m.hasChardev(id):
		return fmt.Errorf("%s: chardev %q is in use; each port needs one of its own", user, id)
	}
	return nil
}

// hasChardev reports whether a serial port or a device has it.
func (m *Machine) hasChardev(id string) bool {
	return slices.Contains(m.Serial, serialChardev+id) ||
		slices.ContainsFunc(m.Devices, func(d Device) bool { p, ok := d.(*SerialPort); return ok && p.Chardev == id })
}
