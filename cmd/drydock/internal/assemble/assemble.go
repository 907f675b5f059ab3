package assemble

import (
	"errors"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// An Assembly is a machine that is ready to run.
type Assembly struct {
	Config vmm.Config
	NICs   []NIC

	// OnBalloon is told, from any goroutine, when the guest has another amount of memory, in bytes; OnPort when it opens or closes
	// the serial port of that -device's id. Either may be nil. Set them before the machine runs; they must not block.
	OnBalloon func(actual uint64)
	OnPort    func(id string, open bool)

	machine *args.Machine
	log     zerolog.Logger
	netdevs map[string]netdev
	parts   map[args.Device]part
	chars   map[string]char.Backend // of -chardev, by id
	closers []func() error
	starts  []func() error
}

// New opens all that m names, which has been checked, but kernel and initrd, which the caller sets in Config. After an error nothing
// is open. The assembly keeps m, and changes it with AddDevice and its like.
func New(m *args.Machine, log zerolog.Logger) (*Assembly, error) {
	a := &Assembly{
		machine: m, log: log, netdevs: map[string]netdev{}, parts: map[args.Device]part{},
		chars: map[string]char.Backend{},
	}
	a.Config = vmm.Config{RAM: m.RAM, CPUs: m.CPUs, CPU: m.CPU, Cmdline: m.Append, NoReboot: m.NoReboot, Log: log}
	for _, w := range m.UnusedGlobals() {
		log.Warn().Msg(w)
	}
	if err := a.open(m); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// open opens netdevs first, then the dumps that take them over, character backends, then the devices that use what came of that.
func (a *Assembly) open(m *args.Machine) error {
	for _, n := range m.Netdevs {
		if err := a.openNetdev(n); err != nil {
			return err
		}
	}
	for _, d := range m.Dumps {
		if err := a.dump(d); err != nil {
			return err
		}
	}
	if err := a.checkDisks(); err != nil {
		return err
	}
	if err := a.openChardevs(m); err != nil {
		return err
	}
	for _, d := range m.Devices {
		if _, err := a.install(d); err != nil {
			return err
		}
	}
	return nil
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
		a.Closing(f.Close)
	}
	return f, err
}

// Closing has Close call f too, before what was there already.
func (a *Assembly) Closing(f func() error) { a.closers = append(a.closers, f) }

// Close closes links and files, the latest first.
func (a *Assembly) Close() error {
	err := errors.Join(a.closeParts(), a.closeChardevs())
	for id := range a.netdevs {
		err = errors.Join(err, a.closeNetdev(id))
	}
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}
