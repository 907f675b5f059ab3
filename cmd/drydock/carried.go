package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/net"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// runCarried is "drydock run" in an emulated host. The guest's file system is made here, where the files and modules are that it
// is made of, and where packing costs nothing; it goes in with the kernel. Without -kernel that is the carrier's own.
func (r *runOptions) runCarried(ctx context.Context, m *args.Machine, argv []string) (int, error) {
	for i := len(r.addrs); i < len(m.NICs); i++ { // inside, every netdev is a stream
		r.addrs = append(r.addrs, defaultAddress(m.NetdevKind(i)))
	}
	k, err := carriedKernel(m.Kernel)
	if err != nil {
		return 0, err
	}
	image, argv, err := r.initrd(k, argv)
	if err != nil {
		return 0, err
	}
	defer image.Close()
	m.Kernel = k.Path
	plan, options, err := r.planCarried(m, image)
	if err != nil {
		return 0, err
	}
	return carry(ctx, m, plan, r.terminal, "run", slices.Concat(options, []string{"--"}, argv)...)
}

// carriedKernel is what -kernel names, or else the carrier's own.
func carriedKernel(path string) (hostkernel.Kernel, error) {
	if path == "" {
		return carrier.PreferredKernel()
	}
	return hostkernel.Host{}.Find(path)
}

// planCarried plans the machine, and the options of the run inside that are not the machine's. Files and modules have gone into the image.
func (r *runOptions) planCarried(m *args.Machine, image *os.File) (*carrier.Plan, []string, error) {
	plan, err := carrier.Rewrite(m)
	if err != nil {
		return nil, nil, err
	}
	inner := *r
	inner.files, inner.modules = nil, nil
	if inner.image, err = plan.BringOpen(image); err != nil {
		return nil, nil, err
	}
	return plan, inner.words(), nil
}

// bootCarried is "drydock boot" in an emulated host.
func bootCarried(ctx context.Context, m *args.Machine) (int, error) {
	plan, err := carrier.Rewrite(m)
	if err != nil {
		return 0, err
	}
	return carry(ctx, m, plan, isTerminal(os.Stdin), "boot")
}

// carry runs a drydock command with the plan's and other words in a carrier of its own, connected to our standard streams and to the
// plan's links and sockets. borrowed says that it gets our terminal.
func carry(ctx context.Context, m *args.Machine, plan *carrier.Plan, borrowed bool, command string, others ...string) (_ int, err error) {
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
	sockets, err := plan.OpenSockets()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, carrier.CloseSockets(sockets)) }()
	c, err := carrier.Start(ctx, carrier.Config{
		RAM: plan.RAM, Single: true, Files: plan.Files, Links: links, Sockets: sockets, Disks: plan.Disks, Log: log,
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return converseCarried(ctx, c, plan, borrowed, log, plan.Command(command, others...))
}

// converseCarried runs the command; a terminal of ours, if it is borrowed, becomes one in the carrier.
func converseCarried(ctx context.Context, c *carrier.Carrier, plan *carrier.Plan, borrowed bool, log zerolog.Logger, words []string) (int, error) {
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
