package carrier

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// ExecUsage is what follows "drydock exec".
const ExecUsage = "[options] [--] PROGRAM [ARG...]"

// An execution is one drydock exec.
type execution struct {
	accel   string
	timeout time.Duration
	env     []string
	dir     string // working directory, here and there
	config  Config
	request request
	argv    []string
}

// ExecCommand is "drydock exec": it runs a program where KVM is fast enough for stock kernels. That is this host, if its own is;
// else the carrier that runs; else a carrier that it starts and ends. The program, with its libraries, and what -file names are
// brought there, to the working directory that has the same name; standard streams, signals and exit status pass through.
//
// The status is that of the program, or with an error those of package runproto.
func ExecCommand(ctx context.Context, words []string) (int, error) {
	e, err := parseExec(words)
	if err != nil {
		return runproto.StatusInit, err
	}
	verdict := Auto()
	if e.accel == "kvm" || e.accel == "auto" && verdict.Usable() {
		return e.here()
	}
	if e.request.Program, err = findProgram(e.argv[0]); err != nil {
		return cannotRun(err), err
	}
	if err := e.prepare(); err != nil {
		return runproto.StatusInit, err
	}
	status, err := e.there(ctx, verdict)
	if errors.Is(err, ErrTimeout) {
		status = statusTimeout
	}
	return status, err
}

// statusTimeout is that of timeout(1).
const statusTimeout = 124

// ErrTimeout is in the error of a program that -timeout stopped; the status is then 124.
var ErrTimeout = errors.New("was stopped by -timeout")

// cannotRun is the status that a shell has for a program that is not there, or cannot run.
func cannotRun(err error) int {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		return runproto.StatusNotFound
	}
	return runproto.StatusNotExecutable
}

func parseExec(words []string) (*execution, error) {
	e := &execution{accel: "auto"}
	flags := flag.NewFlagSet("exec", flag.ContinueOnError)
	flags.Func("accel", "`auto|kvm|carrier`: run it here, or in an emulated host (default auto: here if KVM is fast)", func(s string) error {
		if s != "auto" && s != "kvm" && s != "carrier" {
			return fmt.Errorf("-accel %s: is none of auto, kvm, carrier", s)
		}
		e.accel = s
		return nil
	})
	flags.Func("file", "`HOST[:GUEST]`: bring a file or directory; programs bring their libraries", addFile(&e.request.Files))
	flags.Func("artefact", "`GUEST[:HOST]`: bring a file back", e.addArtefact)
	flags.Func("env", "`NAME[=VALUE]`: pass a variable, besides GO*, DRYDOCK_*, LC_*, CI, LANG, TERM and TZ", e.addEnv)
	flags.DurationVar(&e.timeout, "timeout", 0, "stop the program after this `duration`, such as 90s")
	flags.Uint64Var(&e.config.RAM, "m", 0, "RAM in `MiB` of an emulated host that is started for this (default 3072)")
	rest, err := args.Parse(flags, words)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Printf("Usage: drydock exec %s\n\n", ExecUsage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
	}
	if err == nil && len(rest) == 0 {
		err = errors.New("exec: name a program to run")
	}
	e.argv = rest
	return e, err
}

func addFile(files *[]File) func(string) error {
	return func(s string) error {
		f, err := ParseFile(s)
		*files = append(*files, f)
		return err
	}
}

// here becomes the program: nothing of us remains between it and the caller.
func (e *execution) here() (int, error) {
	file, err := exec.LookPath(e.argv[0])
	if err == nil {
		err = fmt.Errorf("%s: %w", file, unix.Exec(file, e.argv, os.Environ()))
	}
	return cannotRun(err), err
}

// prepare collects what the program needs in a carrier.
func (e *execution) prepare() (err error) {
	if e.dir, err = os.Getwd(); err != nil {
		return err
	}
	e.request.Dirs = append(e.request.Dirs, e.dir)
	e.addTestFlags()
	for _, v := range os.Environ() {
		if passes(v) {
			e.env = append(e.env, v)
		}
	}
	return nil
}

// there runs the program in a carrier. From its start on the signals are the program's; before, they end the wait by ctx.
func (e *execution) there(ctx context.Context, v Verdict) (int, error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2)
	defer signal.Stop(signals)
	h := runproto.Host{
		Spec:  runproto.Spec{Argv: e.argv, Env: e.env, Dir: e.dir},
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Signals: signals,
		Warning: func(text string) { fmt.Fprintln(os.Stderr, "drydock: warning:", text) },
	}
	job, cancel := e.limit(context.WithoutCancel(ctx))
	defer cancel()
	status, err := execShared(job, e.request, h)
	if !errors.Is(err, errNone) {
		return status, err
	}
	if e.accel == "auto" {
		fmt.Fprintln(os.Stderr, "drydock:", v.Notice())
	}
	return execOwn(ctx, job, e.config, e.request, h)
}

func (e *execution) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, e.timeout, fmt.Errorf("exec: %s %w after %v", e.argv[0], ErrTimeout, e.timeout))
}
