package guestinit

import (
	"context"
	"fmt"
	stdnet "net"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// A lease is asked for dhcpTries times, because the first packets on a link that has just come up may be lost; each try
// waits for dhcpPatience. The lease is not renewed: a run is short, and the servers in question do not take addresses back.
const (
	dhcpPatience = 2 * time.Second
	dhcpTries    = 5
)

// requestLease asks for an address by DHCP (RFC 2131) on a link that is up.
func requestLease(name string) (runproto.Network, error) {
	client, err := nclient4.New(name, nclient4.WithTimeout(dhcpPatience), nclient4.WithRetry(dhcpTries))
	if err != nil {
		return runproto.Network{}, fmt.Errorf("%s: DHCP: %w", name, err)
	}
	defer func() { _ = client.Close() }()
	lease, err := client.Request(context.Background())
	if err != nil {
		return runproto.Network{}, fmt.Errorf("%s: DHCP: no address within %v: %w", name, dhcpTries*dhcpPatience, err)
	}
	return leaseNetwork(lease.ACK), nil
}

// leaseNetwork turns a server's answer into what to configure.
func leaseNetwork(ack *dhcpv4.DHCPv4) runproto.Network {
	mask := ack.SubnetMask()
	if mask == nil {
		mask = ack.YourIPAddr.DefaultMask()
	}
	address := stdnet.IPNet{IP: ack.YourIPAddr, Mask: mask}
	n := runproto.Network{Addresses: []string{address.String()}}
	if routers := ack.Router(); len(routers) > 0 {
		n.Gateways = []string{routers[0].String()}
	}
	for _, ip := range ack.DNS() {
		n.DNS = append(n.DNS, ip.String())
	}
	return n
}
