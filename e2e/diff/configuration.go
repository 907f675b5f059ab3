package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A configuration is what both machines are made of.
type configuration struct {
	name    string
	devices []string // values of -device; %d is the number of a netdev of ours
	peers   []int    // the netdevs, by number
	extra   []string // further arguments; $DIR is a directory of this machine's own
	data    bool     // data traffic too, not only registers
	size    int      // of the first queue, if it is not the default
	mtu     int      // host_mtu, if there is one
	monitor bool     // with a QMP connection
	ports   []port   // of a serial device, each on a socket
	rsc     bool     // rsc_interval is so long that no segment is given up on
	tap     int      // the netdevs are taps with so many queues; 0: sockets
}

const firstSlot = 4

// arguments are the configuration's own. fd is the first descriptor that the machine inherits.
func (c *configuration) arguments(fd int, dir string) (args []string) {
	for i, d := range c.lines() {
		args = append(args, "-device", fmt.Sprintf("%s,addr=%02x.0", d, firstSlot+i))
	}
	for _, p := range c.peers {
		args = append(args, "-netdev", c.netdev(p, fd))
		fd += max(c.tap, 1)
	}
	for i, p := range c.ports {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=port%d,fd=%d", i, fd+i), "-device", p.line(i))
	}
	if c.monitor {
		args = append(args, "-qmp", "unix:"+monitorSocket(dir))
	}
	for _, a := range c.extra {
		args = append(args, strings.ReplaceAll(a, "$DIR", filepath.Clean(dir)))
	}
	return args
}

// netdev is the value of -netdev for a peer whose descriptors begin with fd.
func (c *configuration) netdev(peer, fd int) string {
	switch c.tap {
	case 0:
		return fmt.Sprintf("socket,id=net%d,fd=%d", peer, fd)
	case 1:
		return fmt.Sprintf("tap,id=net%d,fd=%d", peer, fd)
	}
	fds := strconv.Itoa(fd)
	for n := 1; n < c.tap; n++ {
		fds += fmt.Sprintf(":%d", fd+n)
	}
	return fmt.Sprintf("tap,id=net%d,fds=%s", peer, fds)
}

// newPeer is the other end of the nth netdev, or of a port, with the machine's descriptors.
func (c *configuration) newPeer(n int) (peer, []*os.File, error) {
	switch {
	case n >= len(c.peers):
		return newStreamPeer()
	case c.tap > 0:
		return newTapPeer(c.tap)
	}
	return newSocketPeer()
}

// card is a configuration of one network card with properties.
func card(name, properties string) configuration {
	return typed(name, "virtio-net-pci", properties)
}

func typed(name, driver, properties string) configuration {
	if properties != "" {
		properties = "," + properties
	}
	return configuration{name: name, devices: []string{driver + ",netdev=net%d,mac=52:54:00:12:34:56" + properties}, peers: []int{0}, data: true}
}

// tapped is a card over a tap with so many queues.
func tapped(name, properties string, queues int) configuration {
	c := card(name, properties)
	c.tap = queues
	return c
}

// coalescing is a card over a tap that may join segments, and waits for the next as long as it can be told to.
func coalescing(name, properties string) configuration {
	c := tapped(name, "guest_rsc_ext=on,disable-legacy=on,rsc_interval=4000000000"+properties, 1)
	c.rsc = true
	return c
}

func withMTU(name, properties string, mtu int) configuration {
	c := card(name, properties)
	c.mtu = mtu
	return c
}

func queued(name, properties string, size int) configuration {
	c := card(name, properties)
	c.size = size
	return c
}

// device is a configuration of another device: its -device line, and what it needs besides.
func device(name, line string, extra ...string) configuration {
	return configuration{name: name, devices: []string{line}, extra: extra}
}

// lines are the values of -device as a reader would type them.
func (c *configuration) lines() (out []string) {
	for i, d := range c.devices {
		if strings.Contains(d, "%d") {
			d = fmt.Sprintf(d, c.peers[i])
		}
		out = append(out, d)
	}
	return out
}

// disk is a configuration of one disk over a file of each machine's own.
func disk(name, properties string) configuration {
	if properties != "" {
		properties = "," + properties
	}
	c := device(name, "virtio-blk-pci,drive=drive0"+properties,
		"-drive", "if=none,id=drive0,file=$DIR/"+diskFile+",format=raw,discard=unmap")
	c.data = true
	return c
}

// balloon is a configuration of a balloon, and of a host that talks to it.
func balloon(name, properties string) configuration {
	if properties != "" {
		properties = "," + properties
	}
	c := device(name, "virtio-balloon-pci,id=balloon0"+properties)
	c.data, c.monitor = true, true
	return c
}

func readOnlyDisk(name, properties string) configuration {
	c := disk(name, properties)
	c.extra[1] += ",readonly=on"
	return c
}

func withQueues(c configuration, size int) configuration {
	c.size = size
	return c
}

func withData(c configuration) configuration {
	c.data = true
	return c
}
