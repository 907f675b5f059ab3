package e2e

import (
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// The two ends of the link of a test. Every test has a network namespace of its own, so all can use the same addresses.
const (
	tapName      = "tap0"
	hostAddress  = "10.9.0.1"
	guestAddress = "10.9.0.2"
	network      = "/24"
	guestMAC     = "52:54:00:12:34:56" // QEMU's first
)

// enterNamespace gives the test's goroutine a thread in a new network namespace, with nothing but a loopback interface. What it
// starts and listens on is there. The namespace ends with the test.
func enterNamespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	old, err := netns.Get()
	must(t, err)
	t.Cleanup(func() { must(t, netns.Set(old), old.Close()) })
	ns, err := netns.New() // which also enters it
	must(t, err)
	must(t, ns.Close())
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	must(t, netlink.LinkSetUp(lo))
	// An IPv6 host sends multicasts when it likes, and the counters of a test would not be its own.
	must(t, os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0))
	must(t, largeSegments())
}

// addTap makes the tap in the current namespace, with the host's address. The host knows the guest's MAC address, so that it
// sends no ARP requests of its own at times of its own.
func addTap(t *testing.T, queues int) {
	t.Helper()
	flags := netlink.TUNTAP_NO_PI | netlink.TUNTAP_VNET_HDR
	if queues > 1 {
		flags |= netlink.TUNTAP_MULTI_QUEUE
	}
	tap := &netlink.Tuntap{Mode: netlink.TUNTAP_MODE_TAP, Flags: flags, Queues: 1, LinkAttrs: netlink.LinkAttrs{Name: tapName}}
	must(t, netlink.LinkAdd(tap))
	for _, f := range tap.Fds {
		must(t, f.Close())
	}
	addr, err := netlink.ParseAddr(hostAddress + network)
	must(t, err)
	mac, err := net.ParseMAC(guestMAC)
	must(t, err)
	must(t, netlink.AddrAdd(tap, addr), netlink.LinkSetUp(tap))
	must(t, netlink.NeighSet(&netlink.Neigh{
		LinkIndex: tap.Index, State: netlink.NUD_PERMANENT, IP: net.ParseIP(guestAddress), HardwareAddr: mac,
	}))
}

func setTapMTU(t *testing.T, mtu int) {
	t.Helper()
	tap, err := netlink.LinkByName(tapName)
	must(t, err, netlink.LinkSetMTU(tap, mtu))
}

// hostCounters are the tap's. Not by sysfs, which shows the namespace that it was mounted in.
func hostCounters(t *testing.T) counters {
	t.Helper()
	tap, err := netlink.LinkByName(tapName)
	must(t, err)
	s := tap.Attrs().Statistics
	return counters{
		RxPackets: s.RxPackets, RxBytes: s.RxBytes, RxErrors: s.RxErrors, RxDropped: s.RxDropped,
		TxPackets: s.TxPackets, TxBytes: s.TxBytes, TxErrors: s.TxErrors, TxDropped: s.TxDropped,
	}
}

// must ends the test unless all went well.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}
