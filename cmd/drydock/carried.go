package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/net"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// runCarried is "drydock run" in an emulated host: what the command line names goes in with it.
func (r *runOptions) runCarried(ctx context.Context, m *args.Machine, argv []string) (int, error) {
	assemble.WithDefaultNIC(m)
	for i := len(r.addrs); i < len(m.NICs); i++ { // inside, every netdev is a stream
		r.addrs = append(r.addrs, defaultAddress(m.NetdevKind(i)))
	}
	plan, err := carrier.Rewrite(m)
	if err != nil {
		return 0, err
	}
	for _, f := range r.files {
		if err := (carrier.File{Host: f.Host, Guest: f.Host}).Add(plan.Files); err != nil {
			return 0, fmt.Errorf("-file: %w", err)
		}
	}
	if argv, err = bringProgram(plan, argv); err != nil {
		return 0, err
	}
	words := append([]string{"run"}, append(plan.Words, r.words()...)...)
	return carry(ctx, m, plan, append(append(words, "--"), argv...), r.terminal)
}

// bringProgram adds the command's program, if the host has one of that name: in the carrier it is found where the host has it.
func bringProgram(plan *carrier.Plan, argv []string) ([]string, error) {
	host, err := exec.LookPath(argv[0])
	if err != nil {
		return argv, nil // a busybox applet, or the guest will say that there is none
	}
	if host, err = filepath.Abs(host); err != nil {
		return nil, err
	}
	if strings.Contains(argv[0], "/") {
		argv = append([]string{host}, argv[1:]...)
	}
	return argv, plan.Files.AddBinary(host, host)
}

// bootCarried is "drydock boot" in an emulated host.
func bootCarried(ctx context.Context, m *args.Machine) (int, error) {
	plan, err := carrier.Rewrite(m)
	if err != nil {
		return 0, err
	}
	return carry(ctx, m, plan, append([]string{"boot"}, plan.Words...), isTerminal(os.Stdin))
}

// carry runs a drydock command in a carrier of its own, connected to our standard streams and to the plan's links. borrowed
// says that it gets our terminal.
func carry(ctx context.Context, m *args.Machine, plan *carrier.Plan, words []string, borrowed bool) (_ int, err error) {
	if err := checkRoom(plan.RAM); err != nil {
		return 0, err
	}
	log, err := logger(m)
	if err != nil {
		return 0, err
	}
	if err := writePID(m.PIDFile); err != nil {
		return 0, err
	}
	if m.PIDFile != "" {
		defer os.Remove(m.PIDFile)
	}
	links, err := plan.Open(func(n args.Netdev) (net.Netdev, error) { return assemble.Open(n, log) })
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closeLinks(links)) }()
	c, err := carrier.Start(ctx, carrier.Config{RAM: plan.RAM, Files: plan.Files, Links: links, Log: log})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return converseCarried(ctx, c, plan, words, borrowed, log)
}

// converseCarried runs the command; a terminal of ours, if it is borrowed, becomes one in the carrier.
func converseCarried(ctx context.Context, c *carrier.Carrier, plan *carrier.Plan, words []string, borrowed bool, log zerolog.Logger) (int, error) {
	job := carrier.Job{Artefacts: plan.Artefacts}
	job.Spec = runproto.Spec{Argv: append([]string{"drydock"}, words...), Hostname: "carrier"}
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.Warning = func(text string) { log.Warn().Msg(text) }
	if borrowed {
		t, err := openTerminal(os.Stdin) // the drydock in the carrier has the console's escapes
		if err != nil {
			return 0, err
		}
		defer t.Close()
		t.lend(&job.Host)
	}
	return c.Run(ctx, job)
}

// checkRoom compares the MiB that an emulated host needs with what there is, which QEMU would only notice late.
func checkRoom(need uint64) error {
	var host unix.Sysinfo_t
	if err := unix.Sysinfo(&host); err != nil {
		return err
	}
	if have := host.Totalram * uint64(host.Unit) >> 20; need > have {
		return fmt.Errorf("-m: an emulated host for this machine needs %d MiB of memory, but this host has %d; give the machine less", need, have)
	}
	return nil
}

func closeLinks(links []net.Netdev) (err error) {
	for _, l := range links {
		err = errors.Join(err, l.Close())
	}
	return err
}
