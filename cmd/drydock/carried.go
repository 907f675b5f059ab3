package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/net"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
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
	return carry(ctx, m, plan, append(append(words, "--"), argv...))
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
	return carry(ctx, m, plan, append([]string{"boot"}, plan.Words...))
}

// carry runs a drydock command in a carrier of its own, connected to this terminal and to the plan's links.
func carry(ctx context.Context, m *args.Machine, plan *carrier.Plan, words []string) (_ int, err error) {
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
	return converseCarried(ctx, c, plan, words, log)
}

// converseCarried runs the command; a terminal of ours becomes one in the carrier.
func converseCarried(ctx context.Context, c *carrier.Carrier, plan *carrier.Plan, words []string, log zerolog.Logger) (int, error) {
	job := carrier.Job{Artefacts: plan.Artefacts}
	job.Spec = runproto.Spec{Argv: append([]string{"drydock"}, words...), Hostname: "carrier"}
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.Warning = func(text string) { log.Warn().Msg(text) }
	if words[0] == "boot" && term.IsTerminal(int(os.Stdin.Fd())) {
		restore, err := shareTerminal(&job)
		if err != nil {
			return 0, err
		}
		defer restore()
	}
	return c.Run(ctx, job)
}

// shareTerminal gives the job this terminal, raw: the drydock in the carrier has the console's escapes.
func shareTerminal(job *carrier.Job) (restore func(), err error) {
	fd := int(os.Stdin.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, err
	}
	job.Spec.TTY = terminalSize(fd)
	resized, sizes := make(chan os.Signal, 1), make(chan runproto.Size, 1)
	signal.Notify(resized, unix.SIGWINCH)
	go func() {
		for range resized {
			sizes <- *terminalSize(fd)
		}
	}()
	job.Resizes = sizes
	return func() {
		signal.Stop(resized)
		close(resized)
		_ = term.Restore(fd, old)
	}, nil
}

func terminalSize(fd int) *runproto.Size {
	cols, rows, err := term.GetSize(fd)
	if err != nil {
		return &runproto.Size{Rows: 24, Cols: 80}
	}
	return &runproto.Size{Rows: uint16(rows), Cols: uint16(cols)}
}

func closeLinks(links []net.Netdev) (err error) {
	for _, l := range links {
		err = errors.Join(err, l.Close())
	}
	return err
}
