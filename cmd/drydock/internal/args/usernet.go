package args

import (
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// UserNet is -netdev user.
type UserNet struct {
	Net, Host, DNS, DHCPStart, Hostname string
	Restrict                            bool
	HostFwd                             []string
}

func (u *UserNet) props() option.Props {
	return option.Props{
		"net": option.ToString(&u.Net), "host": option.ToString(&u.Host), "dns": option.ToString(&u.DNS),
		"dhcpstart": option.ToString(&u.DHCPStart), "hostname": option.ToString(&u.Hostname),
		"restrict": option.ToBool(&u.Restrict), "ipv4": mustBeFor(true, "the user network is one of IPv4"), "ipv6": mustBeFor(false, "the user network has no IPv6"),
		"hostfwd": func(s string) error { u.HostFwd = append(u.HostFwd, s); return nil },
	}
}
