package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
	"github.com/drydock-vmm/drydock/vmm"
	"golang.org/x/sys/unix"
)

// runCommand is "drydock run".
func runCommand(ctx context.Context, words []string) (int, error) {
	var r runOptions
	m, argv, err := parseMachine("run", words, r.flags)
	if err != nil {
		return 0, err
	}
	if len(argv) == 0 {
		return 0, errors.New("run: say what to run, after --: drydock run -- uname -a")
	}
	if m.Initrd != "" {
		return 0, errors.New("run: -initrd: the guest's initial RAM disk is made here; put files into it with -file, or use drydock boot")
	}
	if err := r.takeTerminal(os.Stdin); err != nil {
		return 0, err
	}
	if err := assemble.CheckFiles(m); err != nil {
		return 0, err
	}
	if carried(m) {
		return r.runCarried(ctx, m, argv)
	}
	return r.runHere(ctx, m, argv)
}

// takeTerminal checks that -t has one to give, and tells the command what kind it is.
func (r *runOptions) takeTerminal(in *os.File) error {
	if !r.terminal {
		return nil
	}
	if !isTerminal(in) {
		return errors.New("run: -t: standard input is not a terminal; leave -t out")
	}
	kind := os.Getenv("TERM")
	said := slices.ContainsFunc(r.env, func(e string) bool { return strings.HasPrefix(e, "TERM=") })
	if kind != "" && !said {
		r.env = append(r.env, "TERM="+kind)
	}
	return nil
}

// runHere runs the command on this host's KVM.
func (r *runOptions) runHere(ctx context.Context, m *args.Machine, argv []string) (_ int, err error) {
	log, err := logger(m)
	if err != nil {
		return 0, err
	}
	kernel, err := hostkernel.Host{}.Find(m.Kernel)
	if err != nil {
		return 0, err
	}
	initrd, argv, err := r.initrd(kernel, argv)
	if err != nil {
		return 0, err
	}
	defer initrd.Close()
	guest := newGuestConsole(r.verbose)
	m.Append = r.kernelArguments(m.Append)
	m.NoReboot = true
	a, err := assemble.New(m, log)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.OpenKernel(kernel.Path, ""); err != nil {
		return 0, err
	}
	a.Config.Initrd = initrd
	if err := r.connect(m, a, guest); err != nil {
		return 0, err
	}
	return r.converse(ctx, m, a, argv, guest)
}

// kernelArguments: a console for what the kernel has to say (each line costs an exit a byte, so it says little unless asked), an end
// instead of a halt when it panics, and no waiting for what a guest that lives for seconds has no use for.
const kernelArguments = "console=ttyS0 panic=-1 reboot=k random.trust_cpu=on cryptomgr.notests rcupdate.rcu_expedited=1"

func (r *runOptions) kernelArguments(more string) string {
	if r.verbose {
		return strings.TrimSpace(kernelArguments + " " + more)
	}
	return strings.TrimSpace(kernelArguments + " quiet " + more)
}

// connect gives the machine its serial ports: the first carries kernel messages, unless the command line says otherwise.
func (r *runOptions) connect(m *args.Machine, a *assemble.Assembly, guest *guestConsole) error {
	if len(m.Serial) == 0 && !m.NoGraphic {
		a.Config.Serial[0] = vmm.Serial{Out: guest}
		return nil
	}
	closePorts, err := connectSerial(m, a, nil)
	if err == nil {
		a.Closing(closePorts)
	}
	return err
}

// initrd packs the guest's file system into memory, and returns the command as it is there.
func (r *runOptions) initrd(k hostkernel.Kernel, argv []string) (*os.File, []string, error) {
	if r.image != "" {
		f, err := os.Open(r.image)
		return f, argv, err
	}
	image, err := guestimage.Build(guestimage.Options{Kernel: k, Argv: argv, Files: r.files, Modules: r.modules})
	if err != nil {
		return nil, nil, err
	}
	fd, err := unix.MemfdCreate("initrd", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), "initrd")
	if _, err := image.WriteTo(f); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("packing the guest's file system: %w", err), f.Close())
	}
	return f, image.Argv, nil
}
