package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"golang.org/x/sys/unix"
)

const (
	tap       = "merge0"
	guestAddr = "10.77.0.2"
)

var hostAddr = netip.MustParsePrefix("10.77.0.1/24")

// patience is for a guest that boots in an emulated host.
const patience = 90 * time.Second

// An experiment boots guests and streams to them.
type experiment struct {
	drydock, kernel string
	length          time.Duration
	stats           string // file of the machine's counters
}

// A result is what one run showed.
type result struct {
	mode
	rest   virtionet.ReceiveStats // the guest is up and nothing is on its way: what the driver has posted
	end    virtionet.ReceiveStats
	stream received
	boot   time.Duration // until the guest's program listened
}

// all runs the modes one after the other, as many as there is time for.
func (e *experiment) all(ctx context.Context) (all []result, err error) {
	begin := time.Now()
	for i, m := range modes {
		if took := time.Since(begin); m.spare && took+took/time.Duration(i) > enough {
			fmt.Printf("(%q is left out: the others took %.0f s)\n", m.name, took.Seconds())
			continue
		}
		r, err := e.run(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// run boots a guest with a network card of this mode, streams into it, and reads what the card counted.
func (e *experiment) run(ctx context.Context, m mode) (r result, err error) {
	r.mode = m
	ctx, cancel := context.WithTimeoutCause(ctx, patience+e.length, errTooSlow)
	defer cancel()
	cmd, err := e.command(ctx, m)
	if err != nil {
		return r, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	fmt.Println("$ drydock", strings.Join(cmd.Args[1:], " "))
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return r, err
	}
	guest := bufio.NewScanner(out)
	if err = expect(guest, listening); err == nil {
		r.boot = time.Since(begin)
		fmt.Printf("  the guest listens after %.1f s\n", r.boot.Seconds())
		err = e.measure(guest, cmd.Process, &r)
	}
	why := context.Cause(ctx)
	if err != nil {
		cancel() // the guest would wait for a stream for ever
	}
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return r, errors.Join(why, err)
	}
	r.end, err = e.read()
	return r, err
}

// errTooSlow is why a guest was stopped that did not come to an end.
var errTooSlow = fmt.Errorf("stopped after %v", patience)

// command is the guest: this program in it, and a tap that drydock makes. The machine must run where the tap is, so it is not left
// to drydock to find another place for it.
func (e *experiment) command(ctx context.Context, m mode) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"run", "-accel", "kvm", "-netdev", "tap,id=n0,ifname=" + tap, "-device", "virtio-net-pci,netdev=n0" + m.props,
		"-ip", guestAddr + "/24", "-stats", e.stats, "-file", self + ":/merge", "-append", "quiet"}
	if e.kernel != "" {
		args = append(args, "-kernel", e.kernel)
	}
	cmd := exec.CommandContext(ctx, e.drydock, append(args, "--", "/merge", "-sink")...)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

// expect reads the guest's next line.
func expect(guest *bufio.Scanner, want string) error {
	if !guest.Scan() {
		return errors.Join(fmt.Errorf("the guest ended before it said %q", want), guest.Err())
	}
	if got := guest.Text(); got != want {
		return fmt.Errorf("the guest said %q, want %q", got, want)
	}
	return nil
}

// measure looks at the idle card, and then at the busy one.
func (e *experiment) measure(guest *bufio.Scanner, machine *os.Process, r *result) (err error) {
	if err := setUp(tap, hostAddr); err != nil {
		return err
	}
	if r.rest, err = e.look(machine); err != nil {
		return err
	}
	if err := e.stream(machine); err != nil {
		return err
	}
	if !guest.Scan() {
		return errors.Join(errors.New("the guest ended without telling what it received"), guest.Err())
	}
	if err := json.Unmarshal(guest.Bytes(), &r.stream); err != nil {
		return err
	}
	fmt.Printf("  it received %d MB in %.1f s\n", r.stream.Bytes/1e6, r.stream.Seconds)
	return nil
}
