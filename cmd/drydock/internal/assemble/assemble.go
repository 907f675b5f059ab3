package assemble

import (
	"errors"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// An Assembly is a machine that is ready to run.
type Assembly struct {
	Config vmm.Config
	NICs   []NIC

	log     zerolog.Logger
	netdevs map[string]net.Netdev
	kinds   map[string]string // of netdevs
	closers []func() error
}

// New opens all that m names but kernel and initrd, which the caller sets in Config. After an error nothing is open.
func New(m *args.Machine, log zerolog.Logger) (*Assembly, error) {
	a := &Assembly{log: log, netdevs: map[string]net.Netdev{}, kinds: map[string]string{}}
	a.Config = vmm.Config{RAM: m.RAM, CPUs: m.CPUs, CPU: m.CPU, Cmdline: m.Append, NoReboot: m.NoReboot, Log: log}
	if m.DebugExit != nil {
		a.Config.DebugExit = *m.DebugExit
	}
	WithDefaultNIC(m)
	if err := a.open(m); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// open opens netdevs first, then the dumps that take them over, then the NICs that use what came of that.
func (a *Assembly) open(m *args.Machine) error {
	for _, n := range m.Netdevs {
		if err := a.netdev(n); err != nil {
			return err
		}
	}
	for _, d := range m.Dumps {
		if err := a.dump(d); err != nil {
			return err
		}
	}
	for i, n := range m.NICs {
		if err := a.nic(i, n); err != nil {
			return err
		}
	}
	return nil
}

// WithDefaultNIC adds what QEMU adds when nothing is said of a network: a NIC on the user network.
func WithDefaultNIC(m *args.Machine) {
	if m.NoDefaults || len(m.Netdevs) > 0 || len(m.NICs) > 0 {
		return
	}
	m.AddDefaultNIC()
}

// OpenKernel gives the machine its kernel, and its initrd if there is one.
func (a *Assembly) OpenKernel(kernel, initrd string) (err error) {
	if a.Config.Kernel, err = a.openFile("-kernel", kernel); err != nil || initrd == "" {
		return err
	}
	a.Config.Initrd, err = a.openFile("-initrd", initrd)
	return err
}

func (a *Assembly) openFile(option, path string) (*os.File, error) {
	f, err := openRegular(option, path)
	if err == nil {
		a.closing(f.Close)
	}
	return f, err
}

// Closing has Close call f too.
func (a *Assembly) Closing(f func() error) { a.closing(f) }

func (a *Assembly) closing(f func() error) { a.closers = append(a.closers, f) }

// Close closes links and files, the latest first.
func (a *Assembly) Close() (err error) {
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}
