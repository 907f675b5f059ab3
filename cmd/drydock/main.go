// Drydock boots Linux kernels and other guests on KVM, with a virtio-net device that drivers cannot tell from QEMU's.
//
// The same binary is the guest's init: see package guestinit.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"golang.org/x/sys/unix"
)

// A command is one sub-command. run returns the exit status; an error is printed, and StatusHost returned if the status is 0.
type command struct {
	name, args, summary string
	run                 func(ctx context.Context, args []string) (status int, err error)
}

// commands are in the order of the help.
func commands() []command {
	return []command{
		{"run", "[options] -- COMMAND [ARG...]", "boot a kernel, run a command in the guest, exit with its status", runCommand},
		{"boot", "[options]", "boot a kernel, with a console like QEMU's -nographic", bootCommand},
		{"system", "[options]", "be what a program expects that starts QEMU; so is this program as drydock-system-x86_64", systemCommand},
		{"exec", carrier.ExecUsage, "run a program of this host where KVM can boot stock kernels: here, or in an emulated host", carrier.ExecCommand},
		{"carrier", carrier.CommandUsage, "the emulated host that several exec share", carrier.Command},
		{"doctor", "", "say what this host can do, and for each no what mends it", doctorCommand},
		{"kernel", "get|show [-cache DIR] [PACKAGE]", "download Debian's cloud kernel to the cache, or show what there is", kernelCommand},
		{"version", "", "print the version", versionCommand},
	}
}

func main() {
	if guestinit.Active() {
		guestinit.Main()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	words := os.Args[1:]
	if isSystem(os.Args[0]) {
		words = append([]string{"system"}, words...)
	}
	os.Exit(dispatch(ctx, words))
}

// dispatch runs one sub-command and says what went wrong in one line.
func dispatch(ctx context.Context, words []string) int {
	words = usual(words)
	if len(words) == 0 || words[0] == "help" || words[0] == "-h" || words[0] == "-help" || words[0] == "--help" {
		usage()
		return 0
	}
	for _, c := range commands() {
		if c.name != words[0] {
			continue
		}
		status, err := c.run(ctx, words[1:])
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "drydock:", err)
			if status == 0 {
				status = statusOf(err)
			}
		}
		return status
	}
	fmt.Fprintln(os.Stderr, "drydock:", option.Unknown("command", words[0], commandNames(), ""))
	return StatusHost
}

// usual turns ways of asking that other programs have into ours.
func usual(words []string) []string {
	switch {
	case len(words) > 1 && words[0] == "help":
		return []string{words[1], "-help"}
	case len(words) == 1 && (words[0] == "--version" || words[0] == "-version"):
		return []string{"version"}
	}
	return words
}

// noArguments is the check of a command that takes none.
func noArguments(name string, words []string) error {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	rest, err := args.Parse(fs, words)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(name, fs)
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%s takes no arguments, but got %q", name, rest)
	}
	return err
}

func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

func usage() {
	fmt.Println("Usage: drydock COMMAND [options]")
	fmt.Println()
	for _, c := range commands() {
		fmt.Printf("  %-9s %s\n", c.name, c.summary)
	}
	fmt.Println("\nEach command has -help. Options are QEMU's where QEMU has one.")
}
