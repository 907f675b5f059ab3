package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/vmm"
	"golang.org/x/sys/unix"
)

// runOptions are what "drydock run" has besides a machine's options.
type runOptions struct {
	files    []guestimage.File
	modules  []string
	addrs    []args.Address // for the NICs, in their order
	env      []string
	dir      string
	hostname string
	verbose  bool
	image    string // made already, by a drydock run outside; "" to make one
	terminal bool
}

func (r *runOptions) flags(fs *flag.FlagSet) {
	fs.Func("file", "put a host file into the guest: `HOST[:GUEST]`; programs bring their libraries", r.addFile)
	fs.Func("module", "load another kernel `module`", func(s string) error { r.modules = append(r.modules, s); return nil })
	fs.Func("ip", "address of the next NIC: `dhcp|none|ADDR/LEN[,gw=ADDR][,dns=ADDR]`; default dhcp on the user network, else none", func(s string) error {
		a, err := args.ParseAddress(s)
		r.addrs = append(r.addrs, a)
		return err
	})
	fs.Func("env", "`NAME=value` in the command's environment", r.setEnv)
	fs.StringVar(&r.dir, "chdir", "", "working `directory` of the command")
	r.hostname = "drydock"
	fs.Func("hostname", "`name` of the guest (default drydock)", r.setHostname)
	fs.BoolVar(&r.terminal, "t", false, "give the command this terminal; Ctrl-A x leaves")
	fs.StringVar(&r.image, "image", "", "`file` with the guest's file system, instead of making one: what a run outside an emulated host gives to the one inside")
	fs.BoolVar(&r.verbose, "verbose", false, "show the guest's kernel messages on standard error")
}

// addFile names the file absolutely: another drydock may be elsewhere.
func (r *runOptions) addFile(s string) error {
	f, err := guestimage.ParseFile(s)
	if err == nil {
		f.Host, err = filepath.Abs(f.Host)
	}
	r.files = append(r.files, f)
	return err
}

func (r *runOptions) setEnv(s string) error {
	if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
		return errors.New("write NAME=value")
	}
	r.env = append(r.env, s)
	return nil
}

// setHostname takes what the kernel has room for, and what programs can put into a line of /etc/hosts.
func (r *runOptions) setHostname(s string) error {
	const longest = 64 // sethostname(2)
	wrong := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._", c))
	}
	if s == "" || len(s) > longest || strings.ContainsFunc(s, wrong) {
		return fmt.Errorf("write 1 to %d letters, digits, '-', '.' and '_'", longest)
	}
	r.hostname = s
	return nil
}

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

// words are the options that were given, for a drydock run elsewhere.
func (r *runOptions) words() (w []string) {
	for _, f := range r.files {
		w = append(w, "-file", strings.TrimSuffix(f.Host+":"+f.Guest, ":")) // without a guest path, as it was given
	}
	for _, name := range r.modules {
		w = append(w, "-module", name)
	}
	for _, a := range r.addrs {
		w = append(w, "-ip", a.String())
	}
	for _, e := range r.env {
		w = append(w, "-env", e)
	}
	w = append(w, "-chdir", r.dir, "-hostname", r.hostname, "-image", r.image)
	if r.terminal {
		w = append(w, "-t")
	}
	if r.verbose {
		w = append(w, "-verbose")
	}
	return w
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

// converse runs the machine, and talks with its init meanwhile.
func (r *runOptions) converse(ctx context.Context, m *args.Machine, a *assemble.Assembly, argv []string, guest *guestConsole) (int, error) {
	port := virtioconsole.NewPort(guestimage.DefaultPort, 0)
	channel, err := virtioconsole.New(virtioconsole.Config{MaxPorts: 2, Ports: []*virtioconsole.Port{port}})
	if err != nil {
		return 0, err
	}
	a.Config.Devices = append(a.Config.Devices, vmm.Device{Device: channel, Slot: -1, DisableLegacy: true, IOEventFD: true, Vectors: 2})
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	host := runproto.Host{Spec: r.spec(a, argv), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Warning: guest.warn}
	if r.terminal {
		c, err := openConsole(os.Stdin, cancel)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		host.Stdin = c
		c.tty.lend(&host)
	}
	type end struct {
		status int
		err    error
	}
	talked := make(chan end, 1)
	go func() {
		status, err := host.Run(ctx, port)
		talked <- end{status, err}
	}()
	o, err := runMachine(ctx, m, a)
	port.Close()
	said := <-talked
	switch {
	case err != nil:
		return 0, err
	case said.err == nil:
		return said.status, nil
	}
	return guest.verdict(ctx, o, said.err)
}

// spec tells the guest what to do.
func (r *runOptions) spec(a *assemble.Assembly, argv []string) runproto.Spec {
	s := runproto.Spec{Argv: argv, Env: r.env, Dir: r.dir, Hostname: r.hostname}
	for i, nic := range a.NICs {
		addr := defaultAddress(nic.Link)
		if i < len(r.addrs) {
			addr = r.addrs[i]
		}
		s.Networks = append(s.Networks, addr.Network(nic.MAC.String()))
	}
	return s
}

// defaultAddress is what a NIC gets that -ip says nothing about: the user network alone has a DHCP server.
func defaultAddress(netdevKind string) args.Address { return args.Address{DHCP: netdevKind == "user"} }
