package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// patience is for one drydock: a guest's whole life in an emulated host takes less than a tenth of it.
const patience = 5 * time.Minute

// A result is how one drydock ended.
type result struct {
	status         int
	stdout, stderr string
}

// drydock runs drydock to its end, in the network namespace of the caller's thread. The words -accel kvm are put behind the
// first: these tests are where KVM is.
func drydock(t *testing.T, words ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := command(t, words...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	err := cmd.Run()
	r := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	t.Logf("%.1fs: drydock %q: status %d", time.Since(begin).Seconds(), words, r.status)
	if r.status < 0 {
		t.Fatalf("drydock ended by itself no more: %v\nstdout: %s\nstderr: %s", err, r.stdout, r.stderr)
	}
	return r
}

// command is drydock, not yet started. It is killed when the test ends or patience does.
func command(t *testing.T, words ...string) *exec.Cmd {
	t.Helper()
	path, err := findDrydock()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, path, append([]string{words[0], "-accel", "kvm"}, words[1:]...)...)
}

// run is drydock run with a shell line in the guest.
func run(t *testing.T, line string, options ...string) result {
	t.Helper()
	words := append([]string{"run"}, options...)
	return drydock(t, append(words, "--", "sh", "-c", line)...)
}

func (r result) wantStatus(t *testing.T, want int) {
	t.Helper()
	if r.status != want {
		t.Fatalf("status %d, want %d\nstdout: %s\nstderr: %s", r.status, want, r.stdout, r.stderr)
	}
}

// self is this test binary, as a file for the guest.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path + ":" + guestPath
}
