package args

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Flags declares the machine's options on fs.
func (m *Machine) Flags(fs *flag.FlagSet) {
	fs.StringVar(&m.Kernel, "kernel", m.Kernel, "kernel `file`: bzImage, ELF vmlinux, or any ELF with a PVH note")
	fs.StringVar(&m.Initrd, "initrd", m.Initrd, "initial RAM disk `file`")
	fs.StringVar(&m.Append, "append", m.Append, "kernel `command line`")
	m.value(fs, "m", "guest RAM: `[size=]MiB`, or with a suffix: 1G (default 512M)", m.setRAM)
	m.value(fs, "smp", "number of CPUs: `[cpus=]n` (default 1)", m.setSMP)
	m.value(fs, "machine", "machine: `pc[,accel=...]`", m.setMachine)
	m.value(fs, "M", "short for -machine: `pc[,accel=...]`", m.setMachine)
	m.value(fs, "cpu", "CPU `model`: "+strings.Join(cpuModels, ", "), m.setCPU)
	m.value(fs, "accel", "`auto|kvm|carrier|qtest`: KVM of this host, KVM of an emulated host (default auto: whichever can boot a stock kernel), or none", m.setAccel)
	m.listFlags(fs)
	m.value(fs, "set", "`group.id.property=value`: add a property to what was written before", m.set)
	m.value(fs, "global", "`driver.property=value`: a property of all devices of a type", m.addGlobal)
	m.value(fs, "serial", "serial port: `stdio|mon:stdio|file:PATH|chardev:ID|null|none`; again for the next port", m.addSerial)
	m.value(fs, "name", "`name` of the machine", m.setName)
	fs.BoolVar(&m.NoGraphic, "nographic", m.NoGraphic, "first serial port on this terminal; Ctrl-A x leaves")
	fs.BoolVar(&m.NoDefaults, "nodefaults", m.NoDefaults, "no default NIC")
	m.value(fs, "nic", "`none`: no default NIC; others are made with -netdev and -device", m.setNIC)
	m.value(fs, "net", "short for -nic: `none`", m.setNIC)
	fs.BoolVar(&m.NoReboot, "no-reboot", m.NoReboot, "a reboot of the guest ends the machine")
	fs.BoolVar(&m.Paused, "S", m.Paused, "do not start the CPUs: QMP's cont does")
	fs.StringVar(&m.QTest, "qtest", m.QTest, "take QEMU's qtest commands at `unix:PATH|stdio`")
	fs.StringVar(&m.QTestLog, "qtest-log", m.QTestLog, "`file` of what qtest said")
	m.value(fs, "qmp", "answer QMP at `unix:PATH[,server=on,wait=off]|stdio`", m.addQMP)
	fs.StringVar(&m.PIDFile, "pidfile", m.PIDFile, "write the process ID to `file`")
	m.value(fs, "timeout", "give up after this `duration`, such as 90s", m.setTimeout)
	fs.StringVar(&m.Stats, "stats", m.Stats, "write the devices' counters to `file` at the end, and at SIGUSR1, as JSON")
	fs.StringVar(&m.LogLevel, "log", m.LogLevel, "log `level`: trace, debug, info, warn, error")
	harmlessFlags(fs)
}

// value declares an option whose value a method reads.
func (m *Machine) value(fs *flag.FlagSet, name, usage string, set func(string) error) {
	fs.Func(name, usage, set)
}

// Parse reads args up to the first that is no option and returns the rest. Its errors name what was written and the nearest
// option that exists.
func Parse(fs *flag.FlagSet, args []string) ([]string, error) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, explain(fs, err)
	}
	return fs.Args(), nil
}

// explain turns the flag package's words into ours.
func explain(fs *flag.FlagSet, err error) error {
	const undefined = "flag provided but not defined: -"
	if name, ok := strings.CutPrefix(err.Error(), undefined); ok {
		return option.Unknown("option", "-"+name, names(fs), "")
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: "); ok {
		return fmt.Errorf("%s: it needs a value; see drydock %s -help", name, fs.Name())
	}
	if name, value, why, ok := invalid(err.Error()); ok {
		if strings.HasPrefix(why, "-") { // one of our errors, which names the option itself
			return errors.New(why)
		}
		return fmt.Errorf("%s %s: %s", name, value, why)
	}
	return fmt.Errorf("%w; see drydock %s -help", err, fs.Name())
}

// invalid takes the flag package's sentence about a wrong value apart.
func invalid(text string) (name, value, why string, ok bool) {
	rest, ok := strings.CutPrefix(text, "invalid value ")
	if !ok {
		return "", "", "", false
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return "", "", "", false
	}
	value, _ = strconv.Unquote(quoted)
	name, why, ok = strings.Cut(strings.TrimPrefix(rest[len(quoted):], " for flag "), ": ")
	return name, value, why, ok
}

func names(fs *flag.FlagSet) (all []string) {
	fs.VisitAll(func(f *flag.Flag) { all = append(all, "-"+f.Name) })
	return all
}
