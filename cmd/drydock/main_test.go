package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

// TestMain also fails if a test leaves a goroutine or a descriptor behind. The test binary is drydock to itself: the init of guests, and
// what runs in an emulated host.
func TestMain(m *testing.M) {
	if guestinit.Active() {
		guestinit.Main()
	}
	if len(os.Args) > 1 && slices.Contains(commandNames(), os.Args[1]) {
		os.Exit(dispatch(context.Background(), os.Args[1:]))
	}
	os.Exit(leaktest.Main(m))
}

func TestEveryCommandHasHelp(t *testing.T) {
	for _, c := range commands() {
		for _, words := range [][]string{{c.name, "-help"}, {c.name, "--help"}, {c.name, "-h"}, {"help", c.name}} {
			status, out, _ := drydock(t, words...)
			if status != 0 || !strings.HasPrefix(out, "Usage: drydock "+c.name) {
				t.Errorf("%q: status %d, %q", words, status, out)
			}
		}
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	for _, words := range [][]string{nil, {"help"}, {"-h"}, {"-help"}, {"--help"}} {
		status, out, _ := drydock(t, words...)
		for _, c := range commands() {
			if status != 0 || !strings.Contains(out, "  "+c.name+" ") || !strings.Contains(out, c.summary) {
				t.Errorf("%q: status %d, no %s in %q", words, status, c.name, out)
			}
		}
	}
}

func TestEachWayToAskForTheVersionWorks(t *testing.T) {
	for _, word := range []string{"version", "-version", "--version", "system -version", "system --version"} {
		if status, out, _ := drydock(t, strings.Fields(word)...); status != 0 || !strings.HasPrefix(out, "drydock ") {
			t.Errorf("%s: status %d, %q", word, status, out)
		}
	}
}

func TestAWrongCommandLineIsOneLineAndAStatus(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no kernel\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		words  string
		status int
		says   string
	}{
		{"bot", StatusHost, `did you mean "boot"?`},
		{"help bot", StatusHost, `did you mean "boot"?`},
		{"xyzzy", StatusHost, "known are run, boot"},
		{"run", StatusHost, "say what to run"},
		{"run -initrd x -- ls", StatusHost, "-file"},
		{"run -kernal x -- ls", StatusHost, `did you mean "-kernel"?`},
		{"run -kernel", StatusHost, "-kernel: it needs a value"},
		{"run -env NAME -- ls", StatusHost, "NAME=value"},
		{"run -t -- ls", StatusHost, "-t: standard input is not a terminal"},
		{"run -kernel " + text + " -- ls", StatusBadKernel, "-kernel " + text + ": not a kernel"},
		{"run -kernel " + dir + "/none -- ls", StatusHost, dir + "/none: no such file"},
		{"boot", StatusHost, "-kernel"},
		{"boot ls", StatusHost, "drydock run -- ls"},
		{"boot -kernel " + dir, StatusHost, "not a regular file"},
		{"boot -kernel " + text, StatusBadKernel, "not a kernel"},
		{"kernel", StatusHost, "get [PACKAGE], or show"},
		{"kernel shwo", StatusHost, `did you mean "show"?`},
		{"kernel show x", StatusHost, "too much"},
		{"doctor x", StatusHost, "no arguments"},
		{"version x", StatusHost, "no arguments"},
		{"system", StatusHost, "-kernel, or use -accel qtest"},
		{"system ls", StatusHost, "options only"},
		{"system -accel tcg", StatusHost, "no CPU is emulated here"},
		{"system -accel qtest -qtest foo", StatusHost, "write unix:PATH"},
		{"system -accel qtest -qtest unix:" + dir + "/none", StatusHost, "-qtest unix:" + dir + "/none: "},
		{"system -accel qtest -qtest stdio -qtest-log " + dir, StatusHost, "-qtest-log: "},
		{"system -accel qtest -qtest stdio -qmp unix:" + dir + "/none", StatusHost, "-qmp: "},
		{"system -accel qtest -qtest stdio -qmp foo", StatusHost, "write unix:PATH"},
	} {
		status, _, said := drydock(t, strings.Fields(c.words)...)
		if status != c.status || !strings.HasPrefix(said, "drydock: ") || !strings.Contains(said, c.says) || strings.Count(said, "\n") != 1 {
			t.Errorf("drydock %s: status %d, %q; want %d, one line with %q", c.words, status, said, c.status, c.says)
		}
	}
}

// drydock runs a command line with an empty standard input. None may start a machine.
func drydock(t *testing.T, words ...string) (status int, stdout, stderr string) {
	t.Helper()
	in, out, errs := os.Stdin, os.Stdout, os.Stderr
	defer func() { os.Stdin, os.Stdout, os.Stderr = in, out, errs }()
	os.Stdin, os.Stdout, os.Stderr = fileWith(t, ""), fileWith(t, ""), fileWith(t, "")
	status = dispatch(context.Background(), words)
	return status, content(t, os.Stdout), content(t, os.Stderr)
}

func fileWith(t *testing.T, text string) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := fmt.Fprint(f, text); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
