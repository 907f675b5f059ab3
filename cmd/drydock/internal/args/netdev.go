package args

import (
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Netdev is one -netdev: its kind, its ID, and what that kind was given.
type Netdev struct {
	Kind, ID string
	User     UserNet
	Tap      Tap
	Socket   Socket
}

var netdevKinds = []string{"user", "tap", "socket", "stream", "hubport"}

// AddNetdev decodes one -netdev and adds it to m: while Check decodes a command line, and for QMP's netdev_add after it.
func (m *Machine) AddNetdev(l option.List) error {
	n := Netdev{Tap: Tap{Queues: 1, VNetHdr: "auto"}, Socket: Socket{FD: -1}}
	n.Kind, _ = l.Get("type")
	props := n.props()
	switch {
	case asksHelp(n.Kind):
		return helpOn("netdev", netdevKinds)
	case props == nil:
		return option.Unknown("network backend", n.Kind, netdevKinds, "-netdev")
	}
	props["id"] = option.ToID(&n.ID)
	props["type"] = option.Ignored
	if err := l.Decode("-netdev "+n.Kind, props); err != nil {
		return err
	}
	if n.ID == "" {
		return fmt.Errorf("-netdev %s: it has no id; add id=n0 and name it in a -device", n.Kind)
	}
	if m.netdev(n.ID) != nil {
		return fmt.Errorf("-netdev %s: id=%s is taken", n.Kind, n.ID)
	}
	m.Netdevs = append(m.Netdevs, n)
	return nil
}

func (m *Machine) netdev(id string) *Netdev {
	i := slices.IndexFunc(m.Netdevs, func(n Netdev) bool { return n.ID == id })
	if i < 0 {
		return nil
	}
	return &m.Netdevs[i]
}

// NetdevKind is the kind of netdev that the n-th NIC is on; empty if it is on none.
func (m *Machine) NetdevKind(n int) string {
	if nd := m.netdev(m.NICs[n].Netdev); nd != nil {
		return nd.Kind
	}
	return ""
}

// RemoveNetdev takes a netdev out of m, unless a device is on it: then the guest would lose what it can see.
func (m *Machine) RemoveNetdev(id string) error {
	if m.netdev(id) == nil {
		return fmt.Errorf("netdev %q: there is none with that id", id)
	}
	if slices.ContainsFunc(m.NICs, func(n *NIC) bool { return n.Netdev == id }) {
		return fmt.Errorf("netdev %q: a device is on it; remove that first", id)
	}
	m.Netdevs = slices.DeleteFunc(m.Netdevs, func(n Netdev) bool { return n.ID == id })
	return nil
}

// props is what the kind of netdev can be given; nil if there is no such kind.
func (n *Netdev) props() option.Props {
	switch n.Kind {
	case "user":
		return n.User.props()
	case "tap":
		return n.Tap.props()
	case "socket", "stream":
		return n.Socket.props()
	case "hubport":
		return option.Props{"hubid": ignoredNumber}
	}
	return nil
}
