package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheStatusIsThatOfTheCommand(t *testing.T) {
	for _, c := range []struct {
		name    string
		command []string
		status  int
		stdout  string
		stderr  string // has this
	}{
		{"its exit status, and its streams apart", []string{"sh", "-c", "cat; echo wrong >&2; exit 7"}, 7, "right\n", "wrong\n"},
		{"128 and the signal that killed it", []string{"sh", "-c", "kill -9 $$"}, 137, "", ""},
		{"126 for a file that is no program", []string{"/etc/passwd"}, 126, "", "/etc/passwd"},
		{"127 for a command that is not there", []string{"no-such-command"}, 127, "", "no-such-command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := command(t, append([]string{"run", "-nodefaults", "--"}, c.command...)...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("right\n"), &stdout, &stderr
			_ = cmd.Run() // the status says it
			r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
			r.wantStatus(t, c.status)
			if r.stdout != c.stdout || !strings.Contains(r.stderr, c.stderr) || c.stderr == "" && r.stderr != "" {
				t.Errorf("stdout %q, want %q; stderr %q, want %q", r.stdout, c.stdout, r.stderr, c.stderr)
			}
		})
	}
}

func TestAMachineThatFailsSaysWhy(t *testing.T) {
	notKernel := filepath.Join(t.TempDir(), "notes.txt")
	must(t, os.WriteFile(notKernel, bytes.Repeat([]byte("not a kernel\n"), 5000), 0o644))
	for _, c := range []struct {
		name    string
		line    string
		options []string
		status  int
		stderr  string
		lines   int
	}{
		{"a file that is no kernel", "true", []string{"-kernel", notKernel}, 120, "notes.txt", 1},
		{"a kernel that panics", "echo c >/proc/sysrq-trigger; sleep 60", nil, 121, "panicked: sysrq triggered crash", 31},
		{"a CPU with nowhere to go", "reboot -f", []string{"-append", "reboot=t"}, 122, "triple fault on CPU 0", 1},
		{"a command that does not end", "sleep 1000", []string{"-timeout", "6s"}, 124, "-timeout", 1},
		{"an option that is not there", "true", []string{"-smb", "2"}, 125, "-smp", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.line, append(c.options, "-nodefaults")...)
			r.wantStatus(t, c.status)
			if !strings.HasPrefix(r.stderr, "drydock: ") || strings.Count(r.stderr, "\n") > c.lines || !strings.Contains(r.stderr, c.stderr) {
				t.Errorf("stderr is %q, want drydock's word of %q, in %d lines at most", r.stderr, c.stderr, c.lines)
			}
		})
	}
}

func TestAGuestThatTurnsItselfOffEndsWithSuccess(t *testing.T) {
	for _, word := range []string{"poweroff", "reboot"} {
		t.Run(word, func(t *testing.T) {
			r := run(t, word+"; sleep 60", "-nodefaults")
			r.wantStatus(t, 0)
			if r.stdout+r.stderr != "" {
				t.Errorf("it says %q and %q", r.stdout, r.stderr)
			}
		})
	}
}
