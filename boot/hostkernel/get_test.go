package hostkernel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// archive is a host whose apt offers one kernel package and a metapackage for it: two small programs first in PATH, and a package
// made by the real dpkg-deb.
func archive(t *testing.T) {
	t.Helper()
	bin, tree := t.TempDir(), t.TempDir()
	install(t, tree, "6.1.0-9-cloud-amd64", true)
	put(t, []byte("Package: linux-image-6.1.0-9-cloud-amd64\nVersion: 1\nArchitecture: amd64\nMaintainer: x\nDescription: x\n"), tree, "DEBIAN/control")
	deb := filepath.Join(bin, "kernel.deb")
	if out, err := exec.Command("dpkg-deb", "-b", tree, deb).CombinedOutput(); err != nil {
		t.Fatalf("dpkg-deb: %v\n%s", err, out)
	}
	script := func(name, body string) {
		must(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body), 0o755))
	}
	script("apt-cache", `case "$3" in
linux-image-cloud-amd64) printf '%s\n  Depends: linux-image-6.1.0-9-cloud-amd64\n' "$3";;
bash) printf 'bash\n  PreDepends: libc6\n';;
*) echo "E: No packages found" >&2; exit 100;;
esac`)
	script("apt-get", `[ "$1 $2" = "download linux-image-6.1.0-9-cloud-amd64" ] || { echo "E: Unable to locate package $2" >&2; exit 100; }
cp `+deb+` .`)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

func TestGetUnpacksThePackageThatTheMetapackageNames(t *testing.T) {
	archive(t)
	h := Host{Root: t.TempDir(), Cache: filepath.Join(t.TempDir(), "new", "cache"), Running: "none"}
	for range 2 { // the second replaces the first
		k, err := h.Get(t.Context(), "")
		must(t, err)
		want := Kernel{
			Path:       h.Cache + "/6.1.0-9-cloud-amd64/boot/vmlinuz-6.1.0-9-cloud-amd64",
			Release:    "6.1.0-9-cloud-amd64",
			ModulesDir: h.Cache + "/6.1.0-9-cloud-amd64/lib/modules/6.1.0-9-cloud-amd64",
		}
		if k != want {
			t.Errorf("got %+v, want %+v", k, want)
		}
		if found, err := h.Find(""); err != nil || found != want {
			t.Errorf("Find gives %+v, %v", found, err)
		}
	}
	if left, _ := filepath.Glob(h.Cache + "/.get-*"); left != nil {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestGetTakesACacheRelativeToTheWorkingDirectory(t *testing.T) {
	archive(t)
	t.Chdir(t.TempDir())
	k, err := Host{Root: t.TempDir(), Cache: "kernels", Running: "none"}.Get(t.Context(), "")
	must(t, err)
	if _, err := os.Stat(k.Path); err != nil || !filepath.IsAbs(k.Path) {
		t.Errorf("the kernel is said to be at %s: %v", k.Path, err)
	}
}

func TestGetSaysWhyItFailed(t *testing.T) {
	archive(t)
	h := Host{Cache: t.TempDir()}
	for pkg, says := range map[string]string{
		"nosuch":          "No packages found",
		"bash":            "neither is a kernel nor depends on one",
		"linux-image-9.9": "Unable to locate package linux-image-9.9",
		"--help":          "no name of a package",
	} {
		if _, err := h.Get(t.Context(), pkg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", pkg, err, says)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := h.Get(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "apt-cache is not installed") {
		t.Errorf("without apt: %v", err)
	}
}
