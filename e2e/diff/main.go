package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"
)

func main() {
	switch err := run(os.Args[1:]); {
	case err == nil:
	case errors.Is(err, errDifferent):
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(2)
	}
}

var errDifferent = errors.New("QEMU and Drydock differ where no entry of the table explains it")

// options are the command line's.
type options struct {
	seed          uint64
	runs          int
	only          *regexp.Regexp
	replay        string
	qemu, drydock string
	accesses      int
	scenarios     int
	drawn         int
	self          bool
	taps          bool
	verbose       bool
	out           string
}

func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("diff", flag.ContinueOnError)
	fs.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "what all that is random comes from; the default is the clock's")
	fs.IntVar(&o.runs, "runs", 1, "how often, each time with a seed that follows from the one before")
	only := fs.String("only", "", "compare the configurations whose name matches this regular `expression`")
	fs.StringVar(&o.replay, "replay", "", "run the script in this `file` and nothing else")
	fs.StringVar(&o.qemu, "qemu", "qemu-system-x86_64", "QEMU's `path`")
	fs.StringVar(&o.drydock, "drydock", "bin/drydock-system-x86_64", "Drydock's `path`")
	fs.IntVar(&o.accesses, "accesses", 5000, "register accesses of each configuration, at least")
	fs.IntVar(&o.scenarios, "scenarios", 500, "data-path scenarios of each configuration")
	fs.IntVar(&o.drawn, "drawn", 8, "configurations in each run whose property list is drawn from the seed")
	fs.BoolVar(&o.taps, "taps", true, "also the configurations over a tap, which need root and "+tunDevice)
	fs.BoolVar(&o.self, "self", false, "compare QEMU with QEMU: shows that the comparison itself is sound")
	fs.BoolVar(&o.verbose, "v", false, "with -replay: print the answers of both to every step")
	fs.StringVar(&o.out, "out", "build/diff", "`folder` of the scripts that show differences")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	if o.runs < 1 || o.accesses < 0 || o.scenarios < 0 || o.drawn < 0 {
		return nil, errors.New("-runs must be at least 1, -accesses, -scenarios and -drawn at least 0")
	}
	return o, nil
}

func run(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	c := &comparison{
		qemu:     emulator{name: "QEMU", path: o.qemu, qemu: true},
		drydock:  emulator{name: "Drydock", path: o.drydock},
		accesses: o.accesses, scenarios: o.scenarios, out: o.out, told: newTally(), patience: patience, shrinkTime: shrinkTime,
	}
	if o.self {
		c.drydock = emulator{name: "QEMU again", path: o.qemu, qemu: true}
	}
	if o.verbose {
		c.trace = os.Stdout
	}
	if o.replay != "" {
		return c.replay(o.replay)
	}
	return c.all(o)
}

// replay runs a script and tells the difference that it shows.
func (c *comparison) replay(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s, err := readScript(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	conf, err := named(s.configuration)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	d, err := c.try(conf, s, c.told)
	if err != nil || d == nil {
		return err
	}
	fmt.Println(d)
	return errDifferent
}
