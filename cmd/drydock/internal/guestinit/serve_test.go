package guestinit

import (
	"bytes"
	"errors"
	stdnet "net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// outcome is what the host sees of a run, and what the guest's serve returned.
type outcome struct {
	status         int
	err, serveErr  error
	stdout, stderr string
	asked          os.Signal
}

// askReset as stdin stands for a guest in which init gets the signal of reboot(8).
const askReset = "\x00reset"

// A terminated output has its command terminated as soon as it says something, if there are signals to send.
type terminated struct {
	bytes.Buffer
	signals chan os.Signal
}

func (o *terminated) Write(p []byte) (int, error) {
	select {
	case o.signals <- unix.SIGTERM:
		o.signals = nil
	default:
	}
	return o.Buffer.Write(p)
}

// perform runs a command of this machine as a guest would, with the host's side at the other end of a pipe.
func perform(t *testing.T, spec runproto.Spec, stdin string, signals chan os.Signal) outcome {
	t.Helper()
	ours, theirs := stdnet.Pipe()
	served, shutdown, asked := make(chan error, 1), make(chan os.Signal, 1), os.Signal(nil)
	if stdin == askReset {
		shutdown <- unix.SIGTERM
	}
	go func() {
		conn := runproto.NewConn(theirs)
		_ = conn.WriteJSON(runproto.Ready, runproto.Hello{})
		got, err := receiveSpec(conn)
		if err == nil {
			r := &run{conn: conn, spec: got, shutdown: shutdown, guard: func() {}}
			// Unlike a guest's init we may kill what is ours only.
			r.endOthers = func() { r.child.signal(unix.SIGKILL) }
			err = r.serve()
			asked = r.asked
		}
		theirs.Close()
		served <- err
	}()
	stdout, stderr := terminated{signals: signals}, bytes.Buffer{}
	h := runproto.Host{Spec: spec, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr, Signals: signals}
	status, err := h.Run(t.Context(), ours)
	ours.Close()
	select {
	case serveErr := <-served:
		return outcome{status, err, serveErr, stdout.String(), stderr.String(), asked}
	case <-time.After(time.Minute):
		t.Fatal("the guest's side does not end")
		return outcome{}
	}
}

func TestAGuestThatIsToldToRebootEndsItsRunWithSuccess(t *testing.T) {
	if got := perform(t, shell("sleep 1000; exit 3"), askReset, nil); got != (outcome{asked: unix.SIGTERM}) {
		t.Errorf("got %+v", got)
	}
}

func shell(script string) runproto.Spec { return runproto.Spec{Argv: []string{"sh", "-c", script}} }

func TestACommand(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 20000) // five windows of stdin
	for name, c := range map[string]struct {
		spec  runproto.Spec
		stdin string
		want  outcome
	}{
		"returns its exit status":                    {shell("exit 7"), "", outcome{status: 7}},
		"returns 128 and the signal that killed it":  {shell("kill -9 $$"), "", outcome{status: 137}},
		"keeps its outputs apart":                    {shell("echo out; echo err >&2"), "", outcome{stdout: "out\n", stderr: "err\n"}},
		"reads stdin to its end":                     {shell("cat"), long, outcome{stdout: long}},
		"need not read stdin":                        {shell("exit 1"), long, outcome{status: 1}},
		"may close stdin before it ends":             {shell("exec <&-; echo x"), long, outcome{stdout: "x\n"}},
		"ends though it left a process behind":       {shell("sleep 1000 & echo x"), "", outcome{stdout: "x\n"}},
		"has the environment and directory it wants": {runproto.Spec{Argv: []string{"sh", "-c", "echo $A $HOME; pwd"}, Env: []string{"A=b"}, Dir: "/proc"}, "", outcome{stdout: "b /root\n/proc\n"}},
		"gets pipes that block":                      {shell("dd bs=1 count=1 2>/dev/null"), "x", outcome{stdout: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := perform(t, c.spec, c.stdin, nil); got != c.want {
				t.Errorf("got %.300v, want %.300v", got, c.want)
			}
		})
	}
}

func TestACommandThatCannotRunSaysWhy(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, perm os.FileMode) string {
		if err := os.WriteFile(dir+"/"+name, []byte(content), perm); err != nil {
			t.Fatal(err)
		}
		return dir + "/" + name
	}
	for name, c := range map[string]struct {
		spec   runproto.Spec
		status int
		says   string
	}{
		"a name that is nowhere in PATH":     {runproto.Spec{Argv: []string{"nosuch"}}, 127, "nosuch: command not found"},
		"a path that is not there":           {runproto.Spec{Argv: []string{"/nosuch"}}, 127, "no such file"},
		"a file that is not executable":      {runproto.Spec{Argv: []string{write("plain", "", 0o644)}}, 126, "not executable"},
		"one found in PATH":                  {runproto.Spec{Argv: []string{"plain"}, Env: []string{"PATH=" + dir}}, 126, "not executable"},
		"a directory":                        {runproto.Spec{Argv: []string{dir}}, 126, "is a directory"},
		"a file that is no program":          {runproto.Spec{Argv: []string{write("text", "hello\n", 0o755)}}, 126, "no program that this guest can run"},
		"a script whose interpreter is gone": {runproto.Spec{Argv: []string{write("script", "#!/nosuch\n", 0o755)}}, 127, "interpreter"},
		"a directory to run in that is gone": {runproto.Spec{Argv: []string{"/bin/sh"}, Dir: "/nosuch"}, 126, "/nosuch: there is no such directory"},
		"no command at all":                  {runproto.Spec{}, 127, "no command"},
		"a path relative to the directory":   {runproto.Spec{Argv: []string{"./plain"}, Dir: dir}, 126, "plain: is not executable"},
	} {
		t.Run(name, func(t *testing.T) {
			got := perform(t, c.spec, "", nil)
			var failure *runproto.Failure
			if got.status != c.status || !errors.As(got.err, &failure) || !strings.Contains(got.err.Error(), c.says) || got.serveErr != nil {
				t.Errorf("got %+v, want status %d and %q", got, c.status, c.says)
			}
		})
	}
}

func TestASignalReachesTheWholeGroupOfTheCommand(t *testing.T) {
	signals := make(chan os.Signal, 1)
	got := perform(t, shell("trap 'echo caught; exit 3' TERM; echo ready; sleep 1000 & wait; exit 4"), "", signals)
	if got.status != 3 || got.stdout != "ready\ncaught\n" {
		t.Errorf("got %+v", got)
	}
}

func TestACommandOnATerminalSeesItsSizeAndItsEnd(t *testing.T) {
	spec := shell("test -t 0 && test -t 1 && stty size; cat")
	spec.TTY = &runproto.Size{Rows: 30, Cols: 100}
	got := perform(t, spec, "", nil)
	if got.status != 0 || got.stdout != "30 100\r\n" {
		t.Errorf("got %+v", got)
	}
}
