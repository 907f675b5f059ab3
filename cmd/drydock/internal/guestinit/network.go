package guestinit

import (
	"fmt"
	stdnet "net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// configureNetworks brings up the loopback interface and those of the list. What fails leaves an error, and the others go on:
// a command may well run without a network.
func configureNetworks(networks []runproto.Network) []error {
	var errs []error
	if err := bringUp("lo"); err != nil {
		errs = append(errs, err)
	}
	var resolvers []string
	for _, n := range networks {
		dns, err := configure(n)
		resolvers = append(resolvers, dns...)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := writeResolvConf("/etc/resolv.conf", resolvers); err != nil {
		errs = append(errs, err)
	}
	return errs
}

func bringUp(name string) error {
	link, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("bring up %s: %w", name, err)
	}
	return nil
}

// configure brings up one interface and returns its name servers.
func configure(n runproto.Network) ([]string, error) {
	link, err := linkByMAC(n.MAC)
	if err != nil {
		return nil, err
	}
	name := link.Attrs().Name
	if n.MTU != 0 {
		if err := netlink.LinkSetMTU(link, n.MTU); err != nil {
			return nil, fmt.Errorf("%s: MTU %d: %w", name, n.MTU, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("bring up %s: %w", name, err)
	}
	if n.DHCP {
		lease, err := requestLease(name)
		if err != nil {
			return n.DNS, err
		}
		n = merge(n, lease)
	}
	return n.DNS, address(link, n)
}

// linkByMAC finds an interface.
func linkByMAC(mac string) (netlink.Link, error) {
	want, err := stdnet.ParseMAC(mac)
	if err != nil {
		return nil, fmt.Errorf("network interface: %w", err)
	}
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	i := slices.IndexFunc(links, func(l netlink.Link) bool {
		return slices.Equal(l.Attrs().HardwareAddr, want)
	})
	if i < 0 {
		return nil, fmt.Errorf("no network interface has the address %s: did its driver load?", mac)
	}
	return links[i], nil
}

// merge adds what DHCP gave to what the host asked for.
func merge(n, lease runproto.Network) runproto.Network {
	n.Addresses = append(slices.Clone(n.Addresses), lease.Addresses...)
	n.DNS = append(slices.Clone(n.DNS), lease.DNS...)
	if len(n.Gateways) == 0 {
		n.Gateways = lease.Gateways
	}
	return n
}

// address sets addresses and default routes.
func address(link netlink.Link, n runproto.Network) error {
	name := link.Attrs().Name
	for _, a := range n.Addresses {
		addr, err := netlink.ParseAddr(a)
		if err == nil {
			// Without a search for duplicates (RFC 4862), an IPv6 address can be used at once instead of a second later.
			addr.Flags |= unix.IFA_F_NODAD
			err = netlink.AddrReplace(link, addr)
		}
		if err != nil {
			return fmt.Errorf("%s: address %s: %w", name, a, err)
		}
	}
	for _, g := range n.Gateways {
		if err := defaultRoute(link, g); err != nil {
			return fmt.Errorf("%s: gateway %s: %w", name, g, err)
		}
	}
	return nil
}

// defaultRoute sets the default route of the gateway's family.
func defaultRoute(link netlink.Link, gateway string) error {
	ip, err := netip.ParseAddr(gateway)
	if err != nil {
		return err
	}
	return netlink.RouteReplace(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: ip.AsSlice()})
}

// writeResolvConf makes resolv.conf(5); none if there is no name server, so that a program fails at once instead of asking
// the loopback interface.
func writeResolvConf(path string, servers []string) error {
	if len(servers) == 0 {
		return nil
	}
	var text strings.Builder
	for _, s := range slices.Compact(servers) {
		_, _ = fmt.Fprintf(&text, "nameserver %s\n", s)
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}
