package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/devices/debugexit"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// bootCommand is "drydock boot": a machine with a console. It exits as QEMU does: 0 for power-off and reboot, (v<<1)|1 for a debug
// exit.
func bootCommand(ctx context.Context, words []string) (int, error) {
	m, rest, err := parseMachine("boot", words, nil)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, fmt.Errorf("boot takes no command, but got %q; did you mean drydock run -- %s?", rest, rest[0])
	}
	if m.Kernel == "" {
		return 0, errors.New("boot: say what to boot with -kernel")
	}
	return bootMachine(ctx, m)
}

// bootMachine boots where KVM can.
func bootMachine(ctx context.Context, m *args.Machine) (int, error) {
	if err := assemble.CheckFiles(m); err != nil {
		return 0, err
	}
	if carried(m) {
		return bootCarried(ctx, m)
	}
	return bootHere(ctx, m)
}

// bootHere boots on this host's KVM.
func bootHere(ctx context.Context, m *args.Machine) (_ int, err error) {
	log, err := logger(m)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a, err := assemble.New(m, log)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.OpenKernel(m.Kernel, m.Initrd); err != nil {
		return 0, err
	}
	closePorts, err := connectSerial(m, a, cancel)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, closePorts()) }()
	o, err := runMachine(ctx, m, a)
	if err != nil || errors.Is(context.Cause(ctx), errLeave) {
		return 0, err
	}
	if o.End == vmm.DebugExit {
		return debugexit.Status(o.Code), nil
	}
	return 0, ended(o)
}

// parseMachine reads the options of a machine. more declares others.
func parseMachine(name string, words []string, more func(*flag.FlagSet)) (*args.Machine, []string, error) {
	m := args.New()
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	m.Flags(fs)
	if more != nil {
		more(fs)
	}
	rest, err := args.Parse(fs, words)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(name, fs)
	}
	if err != nil {
		return nil, nil, err
	}
	err = m.Check()
	if help := new(args.Help); errors.As(err, &help) {
		fmt.Print(help.Text)
	}
	return m, rest, err
}

func printHelp(name string, fs *flag.FlagSet) {
	for _, c := range commands() {
		if c.name == name {
			fmt.Printf("Usage: drydock %s %s\n\n%s.\n\n", c.name, c.args, c.summary)
		}
	}
	fs.SetOutput(os.Stdout)
	fs.PrintDefaults()
}

// logger writes for people, on standard error.
func logger(m *args.Machine) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(m.LogLevel)
	if err != nil || m.LogLevel == "" {
		return zerolog.Nop(), fmt.Errorf("-log %s: write trace, debug, info, warn or error", m.LogLevel)
	}
	w := zerolog.ConsoleWriter{Out: os.Stderr, TimeFormat: "15:04:05.000", NoColor: !isTerminal(os.Stderr)}
	return zerolog.New(w).Level(level).Hook(zerolog.HookFunc(stamp)), nil
}

// stamp gives the time to the millisecond; that of zerolog is in whole seconds unless it changes for the whole program.
func stamp(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().Format("2006-01-02T15:04:05.000Z07:00"))
}
