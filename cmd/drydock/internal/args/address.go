package args

import (
	"fmt"
	"net/netip"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
)

// An Address is what the guest's init gives a NIC; the zero value only brings it up.
type Address struct {
	DHCP    bool
	Prefix  netip.Prefix // its address with the length of the network
	Gateway netip.Addr
	DNS     netip.Addr
}

// ParseAddress reads the value of -ip: dhcp, none, or ADDR/LEN with gw= and dns=.
func ParseAddress(s string) (a Address, err error) {
	if s == "dhcp" || s == "none" {
		return Address{DHCP: s == "dhcp"}, nil
	}
	err = option.Read("-ip", s, "addr", option.Props{
		"addr": option.To(&a.Prefix, ParsePrefix), "gw": option.To(&a.Gateway, ParseIP), "dns": option.To(&a.DNS, ParseIP),
	})
	if err == nil && !a.Prefix.IsValid() {
		err = fmt.Errorf("-ip %s: write dhcp, none, or an address with its length, such as 10.0.0.2/24", s)
	}
	return a, err
}

// ParsePrefix reads an address with the length of its network.
func ParsePrefix(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		err = fmt.Errorf("%q is no address with the length of its network: write one such as 10.0.2.0/24", s)
	}
	return p, err
}

// ParseIP reads an address.
func ParseIP(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		err = fmt.Errorf("%q is no address: write one such as 10.0.2.3", s)
	}
	return a, err
}

// Network is what the guest is told, for the NIC with this MAC address.
func (a Address) Network(mac string) runproto.Network {
	n := runproto.Network{MAC: mac, DHCP: a.DHCP}
	if a.Prefix.IsValid() {
		n.Addresses = []string{a.Prefix.String()}
	}
	if a.Gateway.IsValid() {
		n.Gateways = []string{a.Gateway.String()}
	}
	if a.DNS.IsValid() {
		n.DNS = []string{a.DNS.String()}
	}
	return n
}

// String is the value of -ip that reads as a.
func (a Address) String() string {
	switch {
	case a.DHCP:
		return "dhcp"
	case !a.Prefix.IsValid():
		return "none"
	}
	s := a.Prefix.String()
	if a.Gateway.IsValid() {
		s += ",gw=" + a.Gateway.String()
	}
	if a.DNS.IsValid() {
		s += ",dns=" + a.DNS.String()
	}
	return s
}
