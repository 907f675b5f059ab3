// Package usernet is the network that needs no privilege, as QEMU's -netdev user: the guest's frames end in a TCP/IP stack
// in this process (gVisor's), and what it wants of the world is done by this process's own sockets. It knows Ethernet and IPv4
// and never a NIC: it is a net.Netdev with one link.
//
// The guest finds a DHCP server, a name server and the host at QEMU's addresses. The stack is our own and not the one inside
// gvisor-tap-vsock's VirtualNetwork, because that one has no end (its stack cannot be destroyed), trusts its client (a frame
// shorter than an Ethernet header panics it) and has one address for all; its name server is used.
//
// The guest is hostile. What it may hold is bounded: connections, datagram flows, leases, name queries. Loopback, link-local
// (where clouds keep their credentials), multicast and broadcast addresses of the host are not reachable by their own names;
// the host's loopback is, by Config.Host, unless Config.Restrict.
package usernet
