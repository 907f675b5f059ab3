package main

import "fmt"

// A port is one of a serial device.
type port struct {
	number  int
	name    string
	console bool
}

// line is the value of -device for the nth port.
func (p *port) line(n int) string {
	driver, name := "virtserialport", ""
	if p.console {
		driver = "virtconsole"
	}
	if p.name != "" {
		name = ",name=" + p.name
	}
	return fmt.Sprintf("%s,bus=serial.0,nr=%d,chardev=port%d%s", driver, p.number, n, name)
}

// receiveQueue is the queue through which the guest receives; the one through which it sends is the next (5.3.2).
func (p *port) receiveQueue() int {
	if p.number == 0 {
		return 0
	}
	return 2*p.number + 2
}

// mostPorts is how many a serial device of the test can have.
const mostPorts = 3

// ported is a serial device with a console and two ports.
func ported(name, properties string) configuration {
	if properties != "" {
		properties = "," + properties
	}
	c := device(name, fmt.Sprintf("virtio-serial-pci,id=serial,max_ports=%d%s", mostPorts, properties))
	c.ports = []port{{0, "console", true}, {1, "org.drydock.one", false}, {2, "", false}}
	c.data = true
	return c
}
