package args

import (
	"fmt"
	"strconv"
	"strings"
)

// Words is a command line that says the same as m: Parse reads an equal machine from it. Devices are as they were written.
func (m *Machine) Words() []string {
	var w words
	w.option("-kernel", m.Kernel)
	w.option("-initrd", m.Initrd)
	w.option("-append", m.Append)
	w.option("-m", strconv.FormatUint(m.RAM>>20, 10))
	w.option("-smp", strconv.Itoa(m.CPUs))
	w.option("-cpu", m.CPU)
	w.option("-accel", m.Accel)
	w.option("-name", escape(m.Name))
	w.option("-pidfile", m.PIDFile)
	w.option("-stats", m.Stats)
	w.option("-log", m.LogLevel)
	if m.Timeout != 0 {
		w.option("-timeout", m.Timeout.String())
	}
	for _, port := range m.Serial {
		w.option("-serial", port)
	}
	w.flag("-nographic", m.NoGraphic)
	w.flag("-nodefaults", m.NoDefaults)
	w.flag("-no-reboot", m.NoReboot)
	for i := range m.Netdevs {
		w.option("-netdev", m.Netdevs[i].String())
	}
	for _, d := range m.Devices {
		w.option("-device", d)
	}
	for i := range m.Dumps {
		w.option("-object", m.Dumps[i].String())
	}
	return w
}

type words []string

// option adds an option that has a value.
func (w *words) option(name, value string) {
	if value != "" {
		*w = append(*w, name, value)
	}
}

func (w *words) flag(name string, on bool) {
	if on {
		*w = append(*w, name)
	}
}

// String is the value of -netdev.
func (n *Netdev) String() string {
	p := props{n.Kind}
	p.add("id", n.ID)
	switch n.Kind {
	case "user":
		n.User.print(&p)
	case "tap":
		n.Tap.print(&p)
	case "socket", "stream":
		n.Socket.print(&p)
	}
	return p.String()
}

func (u *UserNet) print(p *props) {
	p.add("net", u.Net)
	p.add("host", u.Host)
	p.add("dns", u.DNS)
	p.add("dhcpstart", u.DHCPStart)
	p.add("hostname", u.Hostname)
	if u.Restrict {
		p.add("restrict", "on")
	}
	for _, f := range u.HostFwd {
		p.add("hostfwd", f)
	}
}

func (t *Tap) print(p *props) {
	p.add("ifname", t.Name)
	p.add("queues", strconv.Itoa(t.Queues))
	if t.VNetHdr != "auto" { // what it is when nothing is said
		p.add("vnet_hdr", t.VNetHdr)
	}
	var fds []string
	for _, fd := range t.FDs {
		fds = append(fds, strconv.Itoa(fd))
	}
	p.add("fds", strings.Join(fds, ":"))
}

func (s *Socket) print(p *props) {
	if s.FD >= 0 {
		p.add("fd", strconv.Itoa(s.FD))
	}
	p.add("path", s.Path)
}

// String is the value of -object.
func (d *Dump) String() string {
	p := props{"filter-dump"}
	p.add("id", d.ID)
	p.add("netdev", d.Netdev)
	p.add("file", d.File)
	p.add("maxlen", strconv.FormatUint(uint64(d.MaxLen), 10))
	return p.String()
}

// props are the elements of a list in QEMU's syntax.
type props []string

func (p *props) add(key, value string) {
	if value != "" {
		*p = append(*p, fmt.Sprintf("%s=%s", key, escape(value)))
	}
}

func (p *props) String() string { return strings.Join(*p, ",") }

// escape doubles commas, which otherwise end a value.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }
