package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// drawn is the configuration of a network card whose property list and netdev come from a seed. Its name says which, so that a script of it
// replays.
func drawn(seed uint64, n int) configuration {
	r := &draw{rand.New(rand.NewPCG(seed, uint64(n)))}
	kind := r.of("virtio-net-pci", "virtio-net-pci", "virtio-net-pci", "virtio-net-pci-transitional", "virtio-net-pci-non-transitional")
	list := r.switches(onOff, 12)
	if kind == "virtio-net-pci" {
		list = append(list, r.switches(generations, 40)...)
	}
	c := typed(drawnName(seed, n), kind, "")
	if r.IntN(100) < 30 {
		c.size = 256 << r.IntN(3)
		list = append(list, fmt.Sprintf("rx_queue_size=%d", c.size))
	}
	if r.IntN(100) < 25 {
		c.mtu = 68 + r.IntN(9000)
		list = append(list, fmt.Sprintf("host_mtu=%d", c.mtu))
	}
	list = append(list, r.values()...)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	if r.IntN(100) < 50 {
		c.tap = 1 + r.IntN(4)
	}
	if len(list) > 0 {
		c.devices[0] += "," + strings.Join(list, ",")
	}
	return c
}

func drawnName(seed uint64, n int) string { return fmt.Sprintf("drawn-%x-%d", seed, n) }

// named finds a configuration again.
func named(name string) (*configuration, error) {
	for i := range configurations {
		if configurations[i].name == name {
			return &configurations[i], nil
		}
	}
	var seed uint64
	var n int
	if _, err := fmt.Sscanf(name, "drawn-%x-%d", &seed, &n); err == nil {
		c := drawn(seed, n)
		return &c, nil
	}
	return nil, fmt.Errorf("there is no configuration %q", name)
}

// onOff are QEMU 7.2's switches of a network card that any of its three types has, but for those that Drydock refuses to turn off:
// use-started, use-disabled-flag (old machine types) and multifunction.
var onOff = strings.Fields("any_layout csum ctrl_guest_offloads ctrl_mac_addr ctrl_rx ctrl_rx_extra ctrl_vlan ctrl_vq event_idx failover gso " +
	"guest_announce guest_csum guest_ecn guest_rsc_ext guest_tso4 guest_tso6 guest_ufo hash host_ecn host_tso4 host_tso6 host_ufo " +
	"indirect_desc ioeventfd iommu_platform migrate-extra modern-pio-notify mq mrg_rxbuf notify_on_empty packed page-per-vq queue_reset rss " +
	"status virtio-pci-bus-master-bug-migration x-ats-page-aligned x-disable-legacy-check x-disable-pcie " +
	"x-ignore-backend-features x-mtu-bypass-backend")

// generations are the switches that the other two types have set already.
var generations = []string{"disable-modern", "disable-legacy"}

// A draw takes properties from a stream of random numbers.
type draw struct{ *rand.Rand }

func (r *draw) of(from ...string) string { return from[r.IntN(len(from))] }

// switches sets about share of 100 of them.
func (r *draw) switches(names []string, share int) (out []string) {
	for _, name := range names {
		if r.IntN(100) < share {
			out = append(out, name+"="+r.of("on", "off"))
		}
	}
	return out
}

// values are properties with other values than on and off.
func (r *draw) values() (out []string) {
	for _, p := range []struct {
		share int
		value string
	}{
		{30, fmt.Sprintf("vectors=%d", []int{0, 1, 2, 3, 4, 5, 8, 33, 128, 129}[r.IntN(10)])},
		{15, "tx_queue_size=" + r.of("256", "512", "1024")},
		{15, fmt.Sprintf("speed=%d", r.IntN(400000))},
		{15, "duplex=" + r.of("half", "full")},
		{10, fmt.Sprintf("rsc_interval=%d", r.IntN(1000000))},
		{10, "tx=" + r.of("bh", "bh")},
		{10, "romfile="},
		{10, fmt.Sprintf("x-txburst=%d", 1+r.IntN(512))},
	} {
		if r.IntN(100) < p.share {
			out = append(out, p.value)
		}
	}
	return out
}
