package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"

	"golang.org/x/sys/unix"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err == nil {
		return
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(1)
}

// options are the command line's.
type options struct {
	rounds                       int
	only                         *regexp.Regexp
	short, verbose               bool
	qemu, drydock, payload, json string
	profiles                     string
}

func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.IntVar(&o.rounds, "rounds", 9, "how often each machine runs each configuration")
	only := fs.String("only", "", "run the configurations whose label matches this regular `expression`")
	fs.BoolVar(&o.short, "short", false, "fewer frames: shows that everything works, not how fast")
	fs.BoolVar(&o.verbose, "v", false, "show each row as the guest prints it, and what machines say on standard error")
	fs.StringVar(&o.qemu, "qemu", "qemu-system-x86_64", "QEMU's `path`; empty: measure without QEMU")
	fs.StringVar(&o.drydock, "drydock", "", "`command` that boots the payload in place of this program itself, with the guest's serial port\n"+
		"on its standard output; @IMG@, @TAP@ and @APPEND@ are replaced (without @APPEND@ the image holds its options)")
	fs.StringVar(&o.payload, "payload", "build/payload.elf", "the payload guest's `path`")
	fs.StringVar(&o.json, "json", "", "write all rows and their summary to this `file`")
	fs.StringVar(&o.profiles, "profiles", "", "write a CPU profile of each run of Drydock to this `directory`")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.rounds < 1 {
		return nil, fmt.Errorf("-rounds %d: at least 1", o.rounds)
	}
	var err error
	o.only, err = regexp.Compile(*only)
	return o, err
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == machineCommand {
		return runMachine(ctx, args[1:])
	}
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer b.close()
	if !inNamespace() {
		return enterNamespace(ctx, args)
	}
	if err := b.wire.up(); err != nil {
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	return b.report()
}
