package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/vmm"
)

// errTimeout is the cause of a machine that was stopped by -timeout.
var errTimeout = errors.New("timeout")

// runMachine runs an assembled machine within -timeout, with its -pidfile, -stats and -qtest.
func runMachine(ctx context.Context, m *args.Machine, a *assemble.Assembly) (o vmm.Outcome, err error) {
	if err := writePID(m.PIDFile); err != nil {
		return o, err
	}
	if m.PIDFile != "" {
		defer os.Remove(m.PIDFile)
	}
	if m.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, m.Timeout, errTimeout)
		defer cancel()
	}
	begin := time.Now()
	o, err = runDriven(ctx, m, a)
	if errors.Is(err, errTimeout) { // before it ran
		return o, fail(StatusTimeout, "%v", err)
	}
	if err == nil && o.End == vmm.Stopped && errors.Is(context.Cause(ctx), errTimeout) {
		err = fail(StatusTimeout, "the guest still ran after %v (-timeout)", time.Since(begin).Round(time.Second))
	}
	return o, err
}

// runDriven runs the machine with those who drive it from outside.
func runDriven(ctx context.Context, m *args.Machine, a *assemble.Assembly) (o vmm.Outcome, err error) {
	a.Config.Accel, a.Config.Paused = accelerator(m), m.Paused
	b, err := newBackend(m, a)
	if err != nil {
		return o, err
	}
	stats := openStats(m.Stats, b.stats)
	defer func() { err = errors.Join(err, b.Close(), stats.Close()) }() // devices work until b is closed
	clients, err := openMonitors(ctx, b.server, m.QMP)
	if err != nil {
		return o, err
	}
	defer clients.Close()
	client, err := openQTest(ctx, m)
	if err != nil {
		return o, err
	}
	defer client.Close()
	if err := b.waitForClients(ctx); err != nil {
		return o, err
	}
	client.serve(b.Machine, func() { _ = b.Quit() })
	return b.Run(ctx)
}

func accelerator(m *args.Machine) string {
	if m.Accel == "qtest" {
		return vmm.QTest
	}
	return vmm.KVM
}

func writePID(path string) error {
	if path == "" {
		return nil
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
}

// connectSerial connects the serial ports as the command line says. leave ends the machine when the user wants out; without it
// no port takes standard input, which then belongs to somebody else. It is taken when the machine starts: Ctrl-C ends a wait before that.
func connectSerial(m *args.Machine, a *assemble.Assembly, leave func(error)) (func() error, error) {
	c := &a.Config
	var closers []func() error
	closeAll := func() (err error) {
		for _, f := range closers {
			err = errors.Join(err, f())
		}
		return err
	}
	for i, to := range m.SerialPorts() {
		switch path, isFile := strings.CutPrefix(to, "file:"); {
		case to == "stdio" && leave == nil:
			c.Serial[i] = vmm.Serial{Out: os.Stdout}
		case to == "stdio":
			tty := newConsole(os.Stdin, leave)
			a.Starting(tty.begin)
			closers = append(closers, tty.Close)
			c.Serial[i] = vmm.Serial{Out: os.Stdout, In: tty}
		case isFile:
			f, err := os.Create(path)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("-serial file: %w", err), closeAll())
			}
			closers = append(closers, f.Close)
			c.Serial[i] = vmm.Serial{Out: f}
		}
	}
	return closeAll, nil
}
