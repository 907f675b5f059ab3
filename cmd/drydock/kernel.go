package main

import (
	"context"
	"fmt"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// kernelCommand is "drydock kernel".
func kernelCommand(ctx context.Context, words []string) (int, error) {
	if len(words) == 0 || len(words) > 2 {
		return 0, fmt.Errorf("kernel: say get [PACKAGE], or show")
	}
	switch words[0] {
	case "get":
		pkg := append(words[1:], hostkernel.CloudPackage)[0]
		k, err := hostkernel.Host{}.Get(ctx, pkg)
		if err != nil {
			return 0, err
		}
		printKernel(k)
	case "show":
		k, err := hostkernel.Host{}.Find("")
		if err != nil {
			return 0, err
		}
		printKernel(k)
	default:
		return 0, option.Unknown("kernel command", words[0], []string{"get", "show"}, "")
	}
	return 0, nil
}

func printKernel(k hostkernel.Kernel) {
	fmt.Printf("kernel  %s\nrelease %s\nmodules %s\n", k.Path, k.Release, k.ModulesDir)
}
