package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == guestWord {
		os.Exit(guestMain(os.Args[2:]))
	}
	if err := prerequisites(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: this host cannot run the tests:\n%v\n", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// prerequisites are the same for nearly all tests, so that what is missing is said once and not by each.
func prerequisites() error {
	var errs []error
	if os.Geteuid() != 0 {
		errs = append(errs, errors.New("not root: namespaces and taps are made here; run it with sudo or in drydock exec"))
	}
	for _, device := range []string{"/dev/kvm", "/dev/net/tun"} {
		if err := unix.Access(device, unix.R_OK|unix.W_OK); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: load its module (kvm_amd, kvm_intel, tun)", device, err))
		}
	}
	if _, err := exec.LookPath("busybox"); err != nil {
		errs = append(errs, fmt.Errorf("%w: the guests' shell: install busybox-static", err))
	}
	if _, err := findDrydock(); err != nil {
		errs = append(errs, fmt.Errorf("%w: name the binary in DRYDOCK_BIN", err))
	}
	return errors.Join(errs...)
}

func findDrydock() (string, error) {
	if name := os.Getenv("DRYDOCK_BIN"); name != "" {
		return exec.LookPath(name)
	}
	return exec.LookPath("drydock")
}
