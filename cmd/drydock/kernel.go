package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// kernelCommand is "drydock kernel".
func kernelCommand(ctx context.Context, words []string) (int, error) {
	fs := flag.NewFlagSet("kernel", flag.ContinueOnError)
	var host hostkernel.Host
	fs.StringVar(&host.Cache, "cache", "", "`directory` of unpacked kernels (default: drydock/kernels in the user's cache)")
	rest, err := args.Parse(fs, words)
	if err == nil && len(rest) == 0 {
		return 0, errors.New("kernel: say get [PACKAGE], or show")
	}
	var verb string
	if err == nil { // options stand before the verb or behind it
		verb = rest[0]
		rest, err = args.Parse(fs, rest[1:])
	}
	if errors.Is(err, flag.ErrHelp) {
		printHelp("kernel", fs)
	}
	if err != nil {
		return 0, err
	}
	k, err := findKernel(ctx, host, verb, rest)
	if err == nil {
		fmt.Printf("kernel  %s\nrelease %s\nmodules %s\n", k.Path, k.Release, k.ModulesDir)
	}
	return 0, err
}

func findKernel(ctx context.Context, host hostkernel.Host, verb string, rest []string) (k hostkernel.Kernel, err error) {
	switch {
	case verb == "show" && len(rest) == 0:
		return host.Find("")
	case verb == "get" && len(rest) <= 1:
		return host.Get(ctx, append(rest, hostkernel.CloudPackage)[0])
	case verb == "show" || verb == "get":
		return k, fmt.Errorf("kernel %s: too much: %q", verb, rest)
	}
	return k, option.Unknown("kernel command", verb, []string{"get", "show"}, "")
}
