package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
)

// isSystem says whether the program was started by the name under which programs that want a QEMU look for one:
// QEMU's own tests take the architecture from behind "-system-".
func isSystem(name string) bool {
	base := filepath.Base(name)
	return strings.Contains(base, "-system-") && strings.HasSuffix(base, "-x86_64")
}

// systemCommand is "drydock system", or drydock-system-x86_64: what a program expects that starts QEMU. A machine that nobody
// drives does not need a kernel; SIGTERM is the usual end, with status 0.
func systemCommand(ctx context.Context, words []string) (int, error) {
	if len(words) == 1 && (words[0] == "-version" || words[0] == "--version") {
		return versionCommand(ctx, nil)
	}
	m, rest, err := parseMachine("system", words, nil)
	switch {
	case err != nil:
		return 0, err
	case len(rest) > 0:
		return 0, fmt.Errorf("system takes options only, but got %q", rest)
	case m.Kind == "none":
		return 0, runNone(ctx, m)
	case m.Accel == "qtest":
		return 0, runQTest(ctx, m)
	case m.Kernel == "":
		return 0, errors.New("system: say what to boot with -kernel, or use -accel qtest")
	}
	return bootMachine(ctx, m)
}

// runQTest is a machine without a CPU, until its client or a signal ends it.
func runQTest(ctx context.Context, m *args.Machine) (err error) {
	log, err := logger(m)
	if err != nil {
		return err
	}
	a, err := assemble.New(m, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	closePorts, err := connectSerial(m, a, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closePorts()) }()
	_, err = runMachine(ctx, m, a)
	return err
}
