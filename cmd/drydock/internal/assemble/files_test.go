package assemble

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// someFiles are a text, a directory and a pipe that nobody writes to.
func someFiles(t *testing.T) (dir, text, pipe string) {
	t.Helper()
	dir = t.TempDir()
	text, pipe = filepath.Join(dir, "text"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(text, []byte("text"), 0o600), unix.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir, text, pipe
}

func TestFilesThatCannotServeAreNamedBeforeAnythingStarts(t *testing.T) {
	dir, text, pipe := someFiles(t)
	for line, want := range map[string][]string{
		"-kernel " + text:                 {"-kernel " + text, "found text"},
		"-kernel " + dir + "/none":        {"-kernel", "/none", "no such file"},
		"-kernel " + dir:                  {"-kernel", dir + " is not a regular file"},
		"-kernel " + pipe:                 {"-kernel", pipe + " is not a regular file"},
		"-kernel /dev/null":               {"-kernel", "/dev/null is not a regular file"},
		"-initrd " + dir + "/none":        {"-initrd", "no such file"},
		"-initrd " + pipe:                 {"-initrd", pipe + " is not a regular file"},
		"-stats " + dir + "/none/s":       {"-stats", "no directory " + dir + "/none"},
		"-stats " + text + "/s":           {"-stats", text},
		"-pidfile " + dir:                 {"-pidfile", dir + " is a directory"},
		"-serial file:" + dir + "/none/s": {"-serial file", dir + "/none"},
		"-stats /none/s -pidfile /none/p": {"-stats", "-pidfile"},
		"-netdev hubport,id=n -object filter-dump,id=f,netdev=n,file=/none/f": {"filter-dump", "no directory /none"},
	} {
		err := CheckFiles(machine(t, line))
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q does not name %s", line, err, w)
			}
		}
	}
}

func TestATextForAKernelIsABootFileError(t *testing.T) {
	_, text, _ := someFiles(t)
	var file *boot.FileError
	if err := CheckFiles(machine(t, "-kernel "+text)); !errors.As(err, &file) {
		t.Errorf("error %v", err)
	}
}

func TestFilesThatAreYetToBeWrittenAreNotMissed(t *testing.T) {
	dir, text, pipe := someFiles(t)
	for _, line := range []string{"", "-stats " + dir + "/new", "-stats " + pipe, "-pidfile " + text, "-stats new", "-serial file:" + dir + "/new",
		"-serial stdio -initrd " + text} {
		if err := CheckFiles(machine(t, line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestOpenKernelOpensBothFilesUntilClose(t *testing.T) {
	dir, text, _ := someFiles(t)
	before := leaktest.Descriptors()
	a, err := New(machine(t, "-nodefaults"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.OpenKernel(text, text); err != nil || a.Config.Kernel == nil || a.Config.Initrd == nil {
		t.Errorf("kernel %v, initrd %v, %v", a.Config.Kernel, a.Config.Initrd, err)
	}
	if err := a.OpenKernel(text, dir); err == nil || !strings.Contains(err.Error(), "-initrd") {
		t.Errorf("a directory for an initrd: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if after := leaktest.Descriptors(); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}
