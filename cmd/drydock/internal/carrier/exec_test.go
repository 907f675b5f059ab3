package carrier

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// drydock runs this test binary as drydock, with a control socket of the test's own.
func drydock(t *testing.T, stdin string, words ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], words...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// shared starts a carrier for the processes of the test.
func shared(t *testing.T) {
	t.Helper()
	needQEMU(t)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if status, _, said := drydock(t, "", "carrier", "start"); status != 0 {
		t.Fatal(said)
	}
	t.Cleanup(func() {
		if status, _, said := drydock(t, "", "carrier", "stop"); status != 0 {
			t.Error(said)
		}
	})
}

func TestProcessesShareACarrier(t *testing.T) {
	shared(t)
	dir := t.TempDir()
	t.Chdir(dir)
	t.Run("streams, status and working directory are those of the program", func(t *testing.T) {
		status, out, errs := drydock(t, "in", "exec", "-accel", "carrier", "--", "sh", "-c", "cat; pwd; echo err >&2; exit 9")
		if status != 9 || out != "in"+dir+"\n" || errs != "err\n" {
			t.Errorf("status %d, stdout %q, stderr %q", status, out, errs)
		}
	})
	t.Run("a program of the host comes with its libraries", func(t *testing.T) {
		status, out, errs := drydock(t, "", "exec", "-accel", "carrier", "--", os.Args[0], "-test.run=TestGreeting", "-test.v")
		if status != 0 || !strings.Contains(out, "PASS: TestGreeting") {
			t.Errorf("status %d, stdout %q, stderr %q", status, out, errs)
		}
	})
	t.Run("files and directories go in, artefacts come back", func(t *testing.T) { filesByOption(t, dir) })
	t.Run("what go test asks of a test binary comes back", func(t *testing.T) {
		log := filepath.Join(dir, "testlog")
		status, _, errs := drydock(t, "", "exec", "-accel", "carrier", "--", os.Args[0], "-test.run=TestGreeting", "-test.testlogfile="+log)
		if text, err := os.ReadFile(log); status != 0 || err != nil || !bytes.HasPrefix(text, []byte("# test log")) {
			t.Errorf("status %d, %s, log %q, %v", status, errs, text, err)
		}
	})
	t.Run("GO variables pass, others do not", func(t *testing.T) {
		t.Setenv("GOTEST", "yes")
		t.Setenv("OTHER", "no")
		if _, out, _ := drydock(t, "", "exec", "-accel", "carrier", "-env", "MORE=too", "sh", "-c", "echo $GOTEST$OTHER$MORE"); out != "yestoo\n" {
			t.Errorf("%q", out)
		}
	})
	t.Run("signals reach the program", signalled)
	t.Run("a program that takes too long is stopped", func(t *testing.T) {
		status, _, errs := drydock(t, "", "exec", "-accel", "carrier", "-timeout", "300ms", "sleep", "1000")
		if status != statusTimeout || !strings.Contains(errs, "-timeout") {
			t.Errorf("status %d, %s", status, errs)
		}
	})
	t.Run("a program that is not there has the status of a shell", func(t *testing.T) {
		for _, name := range []string{"nosuch", "./nosuch"} {
			if status, _, errs := drydock(t, "", "exec", "-accel", "carrier", name); status != 127 || !strings.Contains(errs, "nosuch") {
				t.Errorf("%s: status %d, %s", name, status, errs)
			}
		}
	})
	t.Run("one that is killed leaves the carrier to others", killed)
	t.Run("jobs take turns", turns)
	t.Run("status counts them", func(t *testing.T) {
		if status, out, _ := drydock(t, "", "carrier", "status"); status != 0 || !strings.Contains(out, "running") {
			t.Errorf("status %d, %s", status, out)
		}
	})
}

func TestGreeting(t *testing.T) {
	if name, err := os.Hostname(); err != nil || name == "" {
		t.Errorf("%q, %v", name, err)
	}
}

func filesByOption(t *testing.T, dir string) {
	if err := os.MkdirAll(filepath.Join(dir, "testdata", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "testdata", "sub", "f"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errs := drydock(t, "", "exec", "-accel", "carrier", "-file", "testdata", "-file", "testdata/sub/f:/etc/g",
		"-artefact", "/new/h:back", "--", "sh", "-c", "cat testdata/sub/f /etc/g >/new/h")
	if got, err := os.ReadFile("back"); status != 0 || err != nil || string(got) != "xx" {
		t.Errorf("status %d, %s; %q, %v", status, errs, got, err)
	}
}

// begin starts drydock exec and waits for the first byte that the program says.
func begin(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "exec", "-accel", "carrier", "--", "sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func signalled(t *testing.T) {
	cmd := begin(t, "trap 'exit 5' USR1; echo; while true; do sleep 0.1; done")
	if err := cmd.Process.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 5 {
		t.Errorf("status %d", status)
	}
}

func killed(t *testing.T) {
	cmd := begin(t, "echo; exec sleep 1000")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status, out, _ := drydock(t, "", "exec", "-accel", "carrier", "echo", "here"); status != 0 || out != "here\n" {
		t.Errorf("status %d, %q", status, out)
	}
}

func turns(t *testing.T) {
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			// The second mkdir of a job that is not alone fails.
			if status, _, errs := drydock(t, "", "exec", "-accel", "carrier", "sh", "-c", "mkdir /alone && sleep 0.2 && rmdir /alone"); status != 0 {
				t.Error(errs)
			}
		})
	}
	all.Wait()
}

func TestAnExecWithoutACarrierStartsItsOwnAndEndsIt(t *testing.T) {
	needQEMU(t)
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	begin := time.Now()
	status, out, errs := drydock(t, "in", "exec", "-accel", "carrier", "--", "sh", "-c", "cat; exit 3")
	if status != 3 || out != "in" {
		t.Errorf("status %d, %q, %s", status, out, errs)
	}
	t.Logf("took %v", time.Since(begin).Round(time.Millisecond))
	if status, _, errs := drydock(t, "", "carrier", "status"); status == 0 || !strings.Contains(errs, "no carrier") {
		t.Errorf("after it: status %d, %s", status, errs)
	}
}

func TestOnlyOneCarrierOfAUserServes(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	l, unlock, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, _, err := listen(); err == nil {
		t.Error("a second one got the socket")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, unlock, err := listen()
	if err != nil {
		t.Fatalf("a socket that was left behind is in the way: %v", err)
	}
	again.Close()
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestAControlDirectoryThatOthersCanEnterIsRefused(t *testing.T) {
	run := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", run)
	if err := os.Mkdir(filepath.Join(run, "drydock"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(run, "drydock"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(); err == nil || !strings.Contains(err.Error(), "0700") {
		t.Errorf("error %v", err)
	}
}

func TestMistakesOnTheCommandLineAreNamed(t *testing.T) {
	for want, words := range map[string][]string{
		`"-fil"`:   {"-fil", "x", "true"},
		"program":  nil,
		"none of":  {"-accel", "tcg", "true"},
		"GUEST":    {"-file", "/etc/passwd:etc", "true"},
		"artefact": {"-artefact", "out", "true"},
		"not set":  {"-env", "NO_SUCH_NAME", "true"},
	} {
		if status, err := ExecCommand(context.Background(), words); status == 0 || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("exec %q: status %d, error %v does not name %s", words, status, err, want)
		}
	}
	if _, err := Command(context.Background(), []string{"sart"}); err == nil || !strings.Contains(err.Error(), `"start"`) {
		t.Errorf("carrier sart: %v", err)
	}
}
