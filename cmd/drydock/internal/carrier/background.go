package carrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// readyFD is where a server that was started in the background says that it is up; readyEnv tells it so.
const (
	readyFD  = 3
	readyEnv = "DRYDOCK_CARRIER_READY_FD"
)

// startCommand starts a server in the background and waits until it is up.
func startCommand(ctx context.Context, words []string) (int, error) {
	if _, err := parseConfig(words); err != nil {
		return 0, err
	}
	if _, err := ask("status"); err == nil {
		return statusCommand(ctx, nil)
	}
	begin := time.Now()
	if err := startServer(ctx, words); err != nil {
		return 0, err
	}
	fmt.Printf("carrier: up after %.1f s; drydock carrier stop ends it\n", time.Since(begin).Seconds())
	return 0, nil
}

// startServer starts this binary again, in a session of its own, with its words in a log file.
func startServer(ctx context.Context, words []string) error {
	dir, err := controlDir()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(logPath(dir), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{"carrier", "serve"}, words...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", readyEnv, readyFD))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := awaitServer(ctx, cmd); err != nil {
		text, _ := os.ReadFile(logPath(dir))
		return errors.Join(err, errors.New(strings.TrimSpace(string(text))))
	}
	return nil
}

// awaitServer starts cmd and waits until it is up, which it says by a byte, or has ended.
func awaitServer(ctx context.Context, cmd *exec.Cmd) error {
	ready, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ready.Close()
	cmd.ExtraFiles = []*os.File{theirs}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { ready.Close() })
	defer stop()
	if _, err := ready.Read(make([]byte, 1)); err == nil {
		return cmd.Process.Release()
	}
	_ = cmd.Process.Kill() // it has ended, or is no more wanted
	_ = cmd.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.New("carrier: it did not come up")
}

// tellStarter tells the process that started this server, if there is one, that it is up.
func tellStarter() {
	if os.Getenv(readyEnv) == "" {
		return
	}
	f := os.NewFile(readyFD, "ready")
	_, _ = io.WriteString(f, "\n") // a starter that has gone does not matter
	_ = f.Close()
}
