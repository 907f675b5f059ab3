package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A configuration is what both machines are made of.
type configuration struct {
	name    string
	devices []string // values of -device; %d is the number of a netdev of ours
	peers   []int    // the netdevs, by number
	extra   []string // further arguments; $DIR is a directory of this machine's own
	data    bool     // data traffic too, not only registers
	rxSize  int      // rx_queue_size, if it is not the default
	mtu     int      // host_mtu, if there is one
}

const firstSlot = 4

// arguments are the configuration's own. fd is the first descriptor that the machine inherits.
func (c *configuration) arguments(fd int, dir string) (args []string) {
	for i, d := range c.devices {
		if strings.Contains(d, "%d") {
			d = fmt.Sprintf(d, c.peers[i])
		}
		args = append(args, "-device", fmt.Sprintf("%s,addr=%02x.0", d, firstSlot+i))
	}
	for i, p := range c.peers {
		args = append(args, "-netdev", fmt.Sprintf("socket,id=net%d,fd=%d", p, fd+i))
	}
	for _, a := range c.extra {
		args = append(args, strings.ReplaceAll(a, "$DIR", filepath.Clean(dir)))
	}
	return args
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

func withMTU(name, properties string, mtu int) configuration {
	c := card(name, properties)
	c.mtu = mtu
	return c
}

func queued(name, properties string, rxSize int) configuration {
	c := card(name, properties)
	c.rxSize = rxSize
	return c
}

// configurations are the ones that a run goes through.
var configurations = []configuration{
	card("default", ""),
	typed("transitional", "virtio-net-pci-transitional", ""),
	typed("non-transitional", "virtio-net-pci-non-transitional", ""),
	card("legacy", "disable-modern=on"),
	card("modern", "disable-legacy=on"),
	card("packed", "packed=on"),
	card("packed-modern", "packed=on,disable-legacy=on,event_idx=off"),
	card("no-merge", "mrg_rxbuf=off"),
	card("mq-one-pair", "mq=on"),
	withMTU("mtu", "host_mtu=1500", 1500),
	withMTU("jumbo-mtu", "host_mtu=9000,mrg_rxbuf=off,packed=on", 9000),
	card("speed", "speed=10000,duplex=full"),
	card("half-duplex", "duplex=half"),
	card("rss", "mq=on,rss=on"),
	card("no-vectors", "vectors=0"),
	card("one-vector", "vectors=1"),
	card("two-vectors", "vectors=2,disable-modern=on"),
	card("many-vectors", "vectors=129"),
	card("page-per-vq", "page-per-vq=on"),
	card("pio-notify", "modern-pio-notify=on"),
	queued("rx-1024", "rx_queue_size=1024", 1024),
	queued("rx-512", "rx_queue_size=512,tx_queue_size=512", 512),
	card("no-control", "ctrl_vq=off"),
	card("no-status", "status=off"),
	card("no-event-idx", "event_idx=off,indirect_desc=off"),
	card("bare", "event_idx=off,indirect_desc=off,mrg_rxbuf=off,ctrl_vq=off,status=off,any_layout=off,notify_on_empty=off,queue_reset=off"),
	card("no-announce", "guest_announce=off,ctrl_mac_addr=off,ctrl_vlan=off,ctrl_rx=off,ctrl_rx_extra=off"),
	card("standby", "failover=on"),
	card("platform", "disable-legacy=on,iommu_platform=on"),
	card("no-rom", "romfile="),
	{name: "two-cards", peers: []int{0, 1}, data: true, devices: []string{
		"virtio-net-pci,netdev=net%d,mac=52:54:00:12:34:56", "virtio-net-pci,netdev=net%d,mac=52:54:00:12:34:57,disable-modern=on,vectors=0"}},
	{name: "rng", devices: []string{"virtio-rng-pci"}},
	{name: "balloon", devices: []string{"virtio-balloon-pci"}},
	{name: "serial", devices: []string{"virtio-serial-pci"}},
	{name: "block", devices: []string{"virtio-blk-pci,drive=drive0"}, extra: []string{"-drive", "if=none,id=drive0,file=null-co://,file.read-zeroes=on,file.size=64M,format=raw"}},
}
