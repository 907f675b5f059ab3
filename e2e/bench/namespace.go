package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// namespaceMark is in the environment of the process that runs in a network namespace of its own.
const namespaceMark = "DRYDOCK_BENCH_NAMESPACE"

func inNamespace() bool { return os.Getenv(namespaceMark) != "" }

// enterNamespace runs this program again in a network namespace that ends with it. Who is not root becomes root of a user
// namespace, which may have taps too.
func enterNamespace(ctx context.Context, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), namespaceMark+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	err = cmd.Run()
	if _, failed := err.(*exec.ExitError); failed {
		return errSaid
	}
	return err
}

// errSaid is a failure that the process in the namespace has told.
var errSaid = errors.New("the process in the network namespace failed")

const (
	tapName  = "tap0"
	tapMAC   = "52:54:00:aa:bb:01" // the payload sends to it
	guestMAC = "52:54:00:12:34:56"
)

// interfaces brings up the tap, with the addresses that the payload sends to. A guest cannot answer ARP, and IPv6 would send
// frames of its own.
const interfaces = `link set lo up
tuntap add dev ` + tapName + ` mode tap vnet_hdr
link set ` + tapName + ` address ` + tapMAC + ` up
addr add 10.9.0.1/24 dev ` + tapName + `
neigh add 10.9.0.2 lladdr ` + guestMAC + ` dev ` + tapName + ` nud permanent
`

func setUpInterfaces() error {
	const noIPv6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
	if err := os.WriteFile(noIPv6, []byte("1"), 0); err != nil && !os.IsNotExist(err) {
		return err
	}
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(interfaces)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("making a tap (ip, of iproute2): %w: %s", err, out)
	}
	return nil
}
