package main

import (
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// A card is a NIC by the names that QMP has for it.
type card struct {
	assemble.NIC
	name   string
	netdev string
}

// cards are all NICs. One without an ID gets a name as QEMU gives it: its type, and how many of that type are before it. mu is held.
func (b *backend) cards() (all []card) {
	before := map[string]int{}
	for i, described := range b.described.NICs {
		c := card{NIC: b.assembly.NICs[i], name: described.ID, netdev: described.Netdev}
		if c.name == "" {
			c.name = fmt.Sprintf("%s.%d", described.Kind, before[described.Kind])
		}
		before[described.Kind]++
		all = append(all, c)
	}
	return all
}

// AddNetdev is netdev_add.
func (b *backend) AddNetdev(p qmp.Properties) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.assembly.AddNetdev(list(p))
}

// RemoveNetdev is netdev_del. Unlike QEMU's it keeps a netdev that a card is on.
func (b *backend) RemoveNetdev(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.hasNetdev(id) {
		return qmp.NotFound(id)
	}
	return b.assembly.RemoveNetdev(id)
}

func (b *backend) hasNetdev(id string) bool {
	for _, n := range b.described.Netdevs {
		if n.ID == id {
			return true
		}
	}
	return false
}

// SetLink is set_link. The cable of a netdev is that of the card on it.
func (b *backend) SetLink(name string, up bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.cards() {
		if c.name == name || c.netdev == name {
			c.SetLink(up)
			return nil
		}
	}
	if b.hasNetdev(name) { // nobody looks at it
		return nil
	}
	return qmp.NotFound(name)
}

// Announce is announce-self.
func (b *backend) Announce(a qmp.Announcement) error {
	b.round.start(a, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, c := range b.cards() {
			if len(a.Interfaces) == 0 || slices.Contains(a.Interfaces, c.name) {
				c.SelfAnnounce()
			}
		}
	})
	return nil
}

// RXFilters is query-rx-filter.
func (b *backend) RXFilters(name string) ([]qmp.RXFilter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := []qmp.RXFilter{}
	for _, c := range b.cards() {
		if name == "" || name == c.name {
			all = append(all, rxFilter(c.name, c.RxFilter()))
		}
	}
	switch {
	case name == "" || len(all) > 0:
		return all, nil
	case b.hasNetdev(name):
		return nil, fmt.Errorf("net client(%s) isn't a NIC", name)
	}
	return nil, fmt.Errorf("invalid net client name: %s", name)
}

func rxFilter(name string, f virtionet.RxFilter) qmp.RXFilter {
	out := qmp.RXFilter{
		Name: name, MainMAC: net.MAC(f.MAC).String(), Promiscuous: f.Promiscuous,
		Multicast: string(f.Multicast), Unicast: string(f.Unicast), VLAN: string(f.VLAN), BroadcastAllowed: f.BroadcastAllowed,
		MulticastOverflow: f.MulticastOverflow, UnicastOverflow: f.UnicastOverflow,
		VLANTable: []int{}, UnicastTable: addresses(f.UnicastTable), MulticastTable: addresses(f.MulticastTable),
	}
	for _, id := range f.VLANTable {
		out.VLANTable = append(out.VLANTable, int(id))
	}
	return out
}

func addresses(table [][6]byte) []string {
	all := []string{}
	for _, mac := range table {
		all = append(all, net.MAC(mac).String())
	}
	return all
}

// watchFilters has each card tell when its driver changes the filter. mu is held.
func (b *backend) watchFilters() {
	for _, c := range b.cards() {
		path, name := b.assembly.Path(c.Device)+backendSuffix, c.name
		c.OnRxFilterChanged(func() {
			b.emit(qmp.Event{Name: "NIC_RX_FILTER_CHANGED", Data: struct {
				Name string `json:"name,omitempty"`
				Path string `json:"path"`
			}{name, path}})
		})
	}
}
