package hostkernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// bzImage is the head of a kernel of the given version string.
func bzImage(version string) []byte {
	b := make([]byte, 0x1000)
	copy(b[headerMagic:], "HdrS")
	b[kernelVersion+1] = 0x06
	copy(b[0x800:], version)
	return b
}

// put writes a file and the directories above it.
func put(t *testing.T, content []byte, elem ...string) string {
	t.Helper()
	file := filepath.Join(elem...)
	must(t, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, content, 0o644))
	return file
}

func TestTheReleaseOfAKernelFile(t *testing.T) {
	truncated := bzImage("6.1.0")[:0x802]
	for name, c := range map[string]struct {
		file    string
		content []byte
		want    string
	}{
		"stands in the header of a bzImage":        {"vmlinuz", bzImage("6.1.0-9-cloud (builder@host) #1\x00junk"), "6.1.0-9-cloud"},
		"is that of the header, not of the name":   {"vmlinuz-5.10", bzImage("6.1.0 (b@h)"), "6.1.0"},
		"stands in the name of an ELF kernel":      {"vmlinux-6.6.1", []byte("\x7fELF"), "6.6.1"},
		"is unknown for an ELF kernel called so":   {"vmlinux", []byte("\x7fELF"), ""},
		"is unknown for an empty file":             {"bzImage", nil, ""},
		"is cut where a truncated file ends":       {"bzImage", truncated, "6."},
		"is unknown where the header gives none":   {"bzImage", append(bzImage("")[:kernelVersion], make([]byte, 9)...), ""},
		"is unknown where the header points to 0s": {"bzImage", bzImage(""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Release(put(t, c.content, t.TempDir(), c.file))
			must(t, err)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAReleaseThatLeavesTheModulesDirectoryIsRefused(t *testing.T) {
	_, err := Release(put(t, bzImage("../../etc x"), t.TempDir(), "vmlinuz"))
	if err == nil || !strings.Contains(err.Error(), `"../../etc"`) {
		t.Errorf("got %v", err)
	}
}

func FuzzRelease(f *testing.F) {
	f.Add(bzImage("6.1.0 (b@h)"))
	f.Add([]byte("\x7fELF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		release, err := headerRelease(strings.NewReader(string(b)))
		if err == nil && strings.ContainsAny(release, "/\x00") {
			t.Errorf("release %q", release)
		}
	})
}

func TestVersionsAreOrderedByTheirNumbers(t *testing.T) {
	ordered := []string{"", "5.10.0", "6.1.0-9-cloud", "6.1.0-10-cloud", "6.1.0-10-cloud-x", "6.1.10", "6.12.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := compareVersions(a, b), compareInts(i, j); got != want {
				t.Errorf("%q to %q: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func compareInts(i, j int) int {
	switch {
	case i < j:
		return -1
	case i > j:
		return 1
	}
	return 0
}
