package char

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func fifo(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

// opened fails the test where a backend could not be opened, and closes it at the end.
func opened[B Backend](t *testing.T, b B, err error) B {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestAFileIsMadeNewOrContinued(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct {
		add        bool
		text, want string
	}{{false, "one", "one"}, {false, "two", "two"}, {true, "three", "twothree"}} {
		f, err := OpenFile(path, "", c.add)
		f = opened(t, f, err)
		write(t, f, c.text)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); string(b) != c.want {
			t.Errorf("%q, %v; want %q", b, err, c.want)
		}
	}
}

func TestAFilesInputComesFromAnother(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "in")
	if err := os.WriteFile(input, []byte("typed"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(filepath.Join(dir, "out"), input, false)
	f = opened(t, f, err)
	wait(t, f, true)
	if b, err := io.ReadAll(f); string(b) != "typed" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	wait(t, f, false)
}

func TestAPairOfPipesIsReadAndWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	fifo(t, path+".in")
	fifo(t, path+".out")
	p, err := OpenPipe(path)
	p = opened(t, p, err)
	for _, c := range []struct {
		suffix string
		flag   int
		move   func(f *os.File)
	}{
		{".in", os.O_WRONLY, func(f *os.File) { write(t, f, "in"); _ = f.Close() }},
		{".out", os.O_RDONLY, func(f *os.File) {
			write(t, p, "out")
			if got := read(t, f, 3); got != "out" {
				t.Errorf("read %q", got)
			}
		}},
	} {
		f, err := os.OpenFile(path+c.suffix, c.flag, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.move(f)
		_ = f.Close()
	}
	if got := read(t, p, 2); got != "in" {
		t.Errorf("read %q", got)
	}
}

func TestOnePipeIsBothEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	fifo(t, path)
	p, err := OpenPipe(path)
	p = opened(t, p, err)
	write(t, p, "echo")
	if got := read(t, p, 4); got != "echo" {
		t.Errorf("read %q", got)
	}
}

func TestWhatCannotBeOpenedIsNamed(t *testing.T) {
	for name, open := range map[string]func() (*Files, error){
		"a pipe":              func() (*Files, error) { return OpenPipe("/nonexistent/it") },
		"a file":              func() (*Files, error) { return OpenFile("/nonexistent/it", "", false) },
		"the input of a file": func() (*Files, error) { return OpenFile(filepath.Join(t.TempDir(), "o"), "/nonexistent/it", true) },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := open(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nonexistent/it") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestCloseEndsCallsThatWaitForAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	fifo(t, path+".in")
	fifo(t, path+".out")
	p, err := OpenPipe(path)
	p = opened(t, p, err)
	ended := make(chan error, 2)
	go func() {
		_, err := p.Read(make([]byte, 1))
		ended <- err
	}()
	go func() { // more than a pipe holds
		_, err := p.Write(make([]byte, 1<<20))
		ended <- err
	}()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := <-ended; !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if err := p.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the second Close: %v", err)
	}
}

func TestStandardOutputIsNotClosed(t *testing.T) {
	s, err := OpenStdio(true)
	s = opened(t, s, err)
	if s.String() != "stdio" {
		t.Errorf("named %s", s)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := unix.FcntlInt(uintptr(unix.Stdout), unix.F_GETFD, 0); err != nil {
		t.Error(err)
	}
}
