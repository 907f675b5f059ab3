package guestinit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// defaultEnv is added to a command's environment where a name is missing.
var defaultEnv = []string{
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"TERM=linux",
}

// environment completes env.
func environment(env []string) []string {
	out := append([]string(nil), env...)
	for _, variable := range defaultEnv {
		name, _, _ := strings.Cut(variable, "=")
		if _, ok := lookupEnv(env, name); !ok {
			out = append(out, variable)
		}
	}
	return out
}

func lookupEnv(env []string, name string) (string, bool) {
	for _, variable := range env {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// lookPath finds a command as execvp(3) does, relative to dir. The failure has the status that a shell would give.
func lookPath(name, path, dir string) (string, *runproto.Failure) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return name, executable(name)
	}
	var denied *runproto.Failure
	for _, d := range filepath.SplitList(path) {
		file := filepath.Join(d, name)
		failure := executable(file)
		if failure == nil {
			return file, nil
		}
		if failure.Status == runproto.StatusNotExecutable && denied == nil {
			denied = failure
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", &runproto.Failure{Status: runproto.StatusNotFound, Message: fmt.Sprintf("%s: command not found in the guest (PATH=%s)", name, path)}
}

// executable returns nil if file can be run.
func executable(file string) *runproto.Failure {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &runproto.Failure{Status: runproto.StatusNotFound, Message: file + ": there is no such file in the guest"}
	case err != nil:
		return &runproto.Failure{Status: runproto.StatusNotExecutable, Message: err.Error()}
	case st.IsDir():
		return &runproto.Failure{Status: runproto.StatusNotExecutable, Message: file + ": is a directory"}
	case st.Mode().Perm()&0o111 == 0:
		return &runproto.Failure{Status: runproto.StatusNotExecutable, Message: file + ": is not executable"}
	}
	return nil
}

// A child is the running command.
type child struct {
	pid            int
	stdin          *os.File // what to write; nil once closed
	stdout, stderr *os.File // what to read; stderr is nil if there is a terminal
	tty            bool
}

// startCommand runs the command of spec in a session, and so a process group, of its own.
func startCommand(spec runproto.Spec) (*child, error) {
	if len(spec.Argv) == 0 {
		return nil, &runproto.Failure{Status: runproto.StatusNotFound, Message: "no command was given"}
	}
	env := environment(spec.Env)
	path, _ := lookupEnv(env, "PATH")
	dir := spec.Dir
	if dir == "" {
		dir = "/"
	}
	file, failure := lookPath(spec.Argv[0], path, dir)
	if failure != nil {
		return nil, failure
	}
	c, theirs, err := openStdio(spec.TTY)
	if err != nil {
		return nil, err
	}
	defer closeAll(theirs)
	c.pid, err = syscall.ForkExec(file, spec.Argv, &syscall.ProcAttr{
		Dir:   dir,
		Env:   env,
		Files: descriptors(theirs),
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: c.tty, Ctty: 0},
	})
	if err != nil {
		c.close()
		return nil, execFailure(file, dir, err)
	}
	return c, nil
}

// execFailure words what execve(2) answered.
func execFailure(file, dir string, err error) *runproto.Failure {
	f := &runproto.Failure{Status: runproto.StatusNotExecutable, Message: fmt.Sprintf("%s: %v", file, err)}
	switch {
	case errors.Is(err, unix.ENOENT) && !isDir(dir):
		f.Message = fmt.Sprintf("%s: there is no such directory in the guest", dir)
	case errors.Is(err, unix.ENOENT):
		f.Status, f.Message = runproto.StatusNotFound, file+": its interpreter or dynamic linker is not in the guest"
	case errors.Is(err, unix.ENOEXEC):
		f.Message = file + ": is no program that this guest can run (no ELF file for x86-64, no #! line)"
	}
	return f
}

func isDir(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir()
}

// signal sends a signal to the command and what it started in its group.
func (c *child) signal(s unix.Signal) { _ = unix.Kill(-c.pid, s) }

func (c *child) close() { closeAll([]*os.File{c.stdin, c.stdout, c.stderr}) }

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// descriptors are the files as a program expects them: blocking, which those of the runtime's poller are not.
func descriptors(files []*os.File) []uintptr {
	fds := make([]uintptr, len(files))
	for i, f := range files {
		fds[i] = f.Fd()
		_ = unix.SetNonblock(int(fds[i]), false)
	}
	return fds
}
