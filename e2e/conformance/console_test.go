package conformance

import (
	"fmt"
	"time"

	. "github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of struct virtio_console_config (5.3.4), and control messages (5.3.6.2).
const (
	consoleMaxPorts  = 4
	consoleEmergency = 8

	deviceReady  = 0
	deviceAdd    = 1
	deviceRemove = 2
	portReady    = 3
	consolePort  = 4
	portOpen     = 6
	portName     = 7

	maxPorts = 8
)

var consoleSentences = []sentence{
	must("4.1.2.1", everywhere, "has the device ID 0x1003 or 0x1043", func(e *env) { e.console().identified(0x1003, 0x1043) }),
	described("5.3.4", everywhere, "has in max_nr_ports for how many ports there is room", func(e *env) {
		c := e.console()
		c.equal("max_nr_ports", c.deviceConfig(consoleMaxPorts, 4), maxPorts)
	}),
	must("5.3.4.1", legacy, "has its fields in the guest's native order, which is little-endian", func(e *env) {
		c := e.console()
		c.equal("low byte of max_nr_ports", c.deviceConfig(consoleMaxPorts, 1), maxPorts)
	}),
	must("5.3.5.1", everywhere, "takes a write of emerg_wr, though it is not configured", func(e *env) {
		tty := NewConsole("tty", AnyNumber)
		c := e.console(tty)
		c.reset()
		c.setDeviceConfig(consoleEmergency, 4, '!')
		c.reads(tty, "!")
	}),
	should("5.3.5.1", everywhere, "writes the lowest byte of emerg_wr to the console", func(e *env) {
		tty := NewConsole("tty", AnyNumber)
		c := e.console(NewPort("port", 1), tty)
		for _, v := range []uint64{'a', 0x7762, 0xffffff63} {
			c.setDeviceConfig(consoleEmergency, 4, v)
		}
		for _, want := range []string{"a", "b", "c"} {
			c.reads(tty, want)
		}
	}),
	described("5.3.6", everywhere, "moves bytes both ways through port 0 for a driver without MULTIPORT", func(e *env) {
		tty := NewConsole("tty", AnyNumber)
		c := e.console(tty)
		c.start()
		c.says(1, "hello")
		c.reads(tty, "hello")
		c.hears(tty, 0, "input")
	}),
	described("5.3.6.2", everywhere, "moves bytes both ways through a port that is open, with MULTIPORT", func(e *env) {
		p := NewPort("org.drydock", 2)
		c := e.console(p)
		c.connect(p, 2)
		c.says(7, "hello") // port 2 has queues 6 and 7 (5.3.2)
		c.reads(p, "hello")
		c.hears(p, 6, "input")
	}),
	described("5.3.6.2", everywhere, "tells of a port that it is there, of a console that it is one, its name, and that it is open", func(e *env) {
		tty := NewConsole("tty", 3)
		c := e.console(tty)
		c.begins()
		c.expects(message{3, deviceAdd, 1, ""})
		c.tells(3, portReady, 1)
		c.expects(message{3, consolePort, 1, ""}, message{3, portName, 1, "tty\x00"}, message{3, portOpen, 1, ""})
	}),
	described("5.3.6.2", everywhere, "has no NUL behind the name in PORT_NAME", func(e *env) {
		p := NewPort("org.drydock", 1)
		c := e.console(p)
		c.begins()
		c.expects(message{1, deviceAdd, 1, ""})
		c.tells(1, portReady, 1)
		c.expects(message{1, portName, 1, "org.drydock\x00"})
	}).deviates("the name has one, and drivers take it off"),
	described("5.3.6.2", everywhere, "tells when a port is closed on its side", func(e *env) {
		p := NewPort("org.drydock", 1)
		c := e.console(p)
		c.connect(p, 1)
		p.SetConnected(false)
		c.expects(message{1, portOpen, 0, ""})
		p.SetConnected(true)
		c.expects(message{1, portOpen, 1, ""})
	}),
	must("5.3.6.2.1", everywhere, "adds no port that exists, and none from max_nr_ports on", func(e *env) {
		var ports []*Port
		for i := range maxPorts - 2 {
			ports = append(ports, NewPort(fmt.Sprint("port", i), AnyNumber))
		}
		c := e.console(ports...)
		if err := c.device.Add(NewPort("too high", maxPorts)); err == nil {
			e.Error("a port can have the number max_nr_ports")
		}
		c.begins()
		late := NewPort("late", AnyNumber)
		if err := c.device.Add(late); err != nil {
			e.Fatal(err)
		}
		seen := make(map[uint32]bool)
		for range maxPorts - 1 {
			m := c.message()
			if m.event != deviceAdd || seen[m.port] || m.port >= maxPorts {
				e.Errorf("%+v after %v", m, seen)
			}
			seen[m.port] = true
		}
	}),
	must("5.3.6.2.1", everywhere, "removes no port that it has not added", func(e *env) {
		gone, kept := NewPort("gone", 1), NewPort("kept", 2)
		c := e.console(gone, kept)
		c.start(Multiport)
		c.postControl()
		c.device.Remove(gone) // before the driver has heard of it
		c.tells(0, deviceReady, 1)
		c.expects(message{2, deviceAdd, 1, ""})
		c.device.Remove(kept)
		c.expects(message{2, deviceRemove, 1, ""})
	}),
	must("5.3.6.3", legacy, "takes and sends control messages in the guest's native order, which is little-endian", func(e *env) {
		c := e.console(NewPort("org.drydock", 5))
		c.begins()
		c.eventually("a message", func() bool { return c.rings[2].Pending() > 0 })
		b := c.ram().Bytes(c.posts[0], 8)
		c.equal("low byte of id", uint64(b[0]), 5)
		c.equal("low byte of event", uint64(b[4]), deviceAdd)
	}),
	survives("5.3.6.2.2", everywhere, "comes to no harm by control messages that are too short, unknown, or for ports that do not exist", func(e *env) {
		p := NewPort("org.drydock", 1)
		c := e.console(p)
		c.begins()
		c.expects(message{1, deviceAdd, 1, ""})
		c.tells(77, portReady, 1)
		c.tells(0xffffffff, portOpen, 1)
		c.tells(1, 999, 1)
		c.says(3, "abc")
		c.rings[3].Wait(patience)
		c.tells(1, portReady, 1)
		c.expects(message{1, portName, 1, "org.drydock\x00"})
	}),
	untested("5.3.6", isWord, "tells of another size of the console in cols and rows, with SIZE", "SIZE is not offered; RESIZE tells of it"),
}

// A message is a control message.
type message struct {
	port         uint32
	event, value uint16
	rest         string
}

// A console is one between a driver and what is behind its ports.
type console struct {
	*driver
	device *Device
	posts  []uint64 // buffers for control messages, in the order in which they are used
}

func (e *env) console(ports ...*Port) *console {
	e.Helper()
	device, err := New(Config{MaxPorts: maxPorts, Ports: ports})
	if err != nil {
		e.Fatal(err)
	}
	return &console{driver: e.attach(device, nil).drive(), device: device}
}

// begins starts a driver with MULTIPORT, up to DEVICE_READY.
func (c *console) begins() {
	c.Helper()
	c.start(Multiport)
	c.postControl()
	c.tells(0, deviceReady, 1)
}

// postControl posts buffers for control messages, one after the other.
func (c *console) postControl() {
	c.Helper()
	for range 16 {
		at := c.ram().Alloc(64, 8)
		c.posts = append(c.posts, at)
		c.rings[2].Add(virtiotest.Writable(at, 64))
	}
	c.rings[2].Kick()
}

// tells sends a control message.
func (c *console) tells(port uint32, event, value uint16) {
	c.Helper()
	c.rings[3].Add(readable(c.ram(), append(append(le32(port), le16(event)...), le16(value)...))...)
	c.rings[3].Kick()
	c.rings[3].Wait(patience)
}

// message takes the next control message of the device.
func (c *console) message() message {
	c.Helper()
	u := c.rings[2].Wait(patience)
	b := c.ram().Bytes(c.posts[0], int(u.Len))
	c.posts = c.posts[1:]
	return message{uint32(b[0]) | uint32(b[1])<<8, uint16(b[4]) | uint16(b[5])<<8, uint16(b[6]) | uint16(b[7])<<8, string(b[8:])}
}

func (c *console) expects(want ...message) {
	c.Helper()
	for _, w := range want {
		if got := c.message(); got != w {
			c.Fatalf("message %+v, want %+v", got, w)
		}
	}
}

// connect goes through the exchange after which a program in the guest has the port open.
func (c *console) connect(p *Port, number uint32) {
	c.Helper()
	c.begins()
	c.expects(message{number, deviceAdd, 1, ""})
	c.tells(number, portReady, 1)
	c.expects(message{number, portName, 1, p.Name() + "\x00"}, message{number, portOpen, 1, ""})
	c.tells(number, portOpen, 1)
}

// says sends bytes through a queue, without waiting.
func (c *console) says(queue int, text string) {
	c.Helper()
	c.rings[queue].Add(readable(c.ram(), []byte(text))...)
	c.rings[queue].Kick()
}

// reads checks what comes out of a port on the host.
func (c *console) reads(p *Port, want string) {
	c.Helper()
	defer limit(p)()
	b := make([]byte, 64)
	if n, err := p.Read(b); string(b[:n]) != want || err != nil {
		c.Errorf("the host reads %q, %v; want %q", b[:n], err, want)
	}
}

// hears checks that the guest receives what the host writes.
func (c *console) hears(p *Port, queue int, text string) {
	c.Helper()
	at := c.ram().Alloc(64, 8)
	c.rings[queue].Add(virtiotest.Writable(at, 64))
	c.rings[queue].Kick()
	defer limit(p)()
	if _, err := p.Write([]byte(text)); err != nil {
		c.Error(err)
	}
	u := c.rings[queue].Wait(patience)
	if got := string(c.ram().Bytes(at, int(u.Len))); got != text {
		c.Errorf("the guest reads %q, want %q", got, text)
	}
}

// limit ends the calls of a port that wait for ever.
func limit(p *Port) (stop func() bool) {
	return time.AfterFunc(patience, func() { _ = p.Close() }).Stop
}
