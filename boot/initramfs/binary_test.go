package initramfs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestADynamicBinaryBringsItsInterpreterAndLibraries(t *testing.T) {
	a := New()
	must(t, a.AddBinary("/bin/ls", "/bin/ls"))
	names := a.Names()
	for _, want := range []string{"ld-linux-x86-64.so.2", "libc.so.6", "libselinux.so.1", "libpcre2-8.so.0"} {
		if !slices.ContainsFunc(names, func(n string) bool { return filepath.Base(n) == want }) {
			t.Errorf("no %s in %v", want, names)
		}
	}
}

func TestAScriptIsAddedAlone(t *testing.T) {
	script := filepath.Join(t.TempDir(), "s")
	must(t, os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755))
	a := New()
	must(t, a.AddBinary("/s", script))
	if got := a.Names(); !slices.Equal(got, []string{"s"}) {
		t.Errorf("got %v", got)
	}
}

func TestALibraryThatIsNowhereIsAnErrorThatNamesIt(t *testing.T) {
	_, err := findLibrary("libnosuch.so.9", "/bin/tool", []string{t.TempDir(), "/lib"})
	if err == nil || !strings.Contains(err.Error(), "libnosuch.so.9, which /bin/tool needs") {
		t.Errorf("got %v", err)
	}
}

func TestALibraryOfUsrLocalGoesWhereALinkerWithoutCacheLooks(t *testing.T) {
	for host, want := range map[string]string{
		"/usr/local/lib/liba.so":     "/usr/lib/liba.so",
		"/usr/local/lib/app/liba.so": "/usr/local/lib/app/liba.so",
		"/opt/lib/liba.so":           "/opt/lib/liba.so",
	} {
		if got := guestPath(host); got != want {
			t.Errorf("%s goes to %s, want %s", host, got, want)
		}
	}
}
