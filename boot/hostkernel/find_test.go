package hostkernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install puts a kernel of that release below root, with modules if asked.
func install(t *testing.T, root, release string, modules bool) string {
	t.Helper()
	if modules {
		put(t, nil, root, "lib/modules", release, "modules.dep")
	}
	return put(t, bzImage(release+" (b@h)"), root, "boot", "vmlinuz-"+release)
}

func TestFindPrefers(t *testing.T) {
	const own, cloud = "6.9.0-own", "6.1.0-9-cloud-amd64"
	for name, c := range map[string]struct {
		prepare func(t *testing.T, h Host)
		want    string
	}{
		"the host's own kernel": {func(t *testing.T, h Host) {
			install(t, h.Root, own, true)
			install(t, h.Root, cloud, true)
			install(t, filepath.Join(h.Cache, cloud), cloud, true)
		}, own},
		"the newest cached kernel if the host's own has no modules": {func(t *testing.T, h Host) {
			install(t, h.Root, own, false)
			install(t, filepath.Join(h.Cache, "a"), "6.1.0-9-cloud-amd64", true)
			install(t, filepath.Join(h.Cache, "b"), "6.1.0-10-cloud-amd64", true)
		}, "6.1.0-10-cloud-amd64"},
		"an older cached kernel to one without modules": {func(t *testing.T, h Host) {
			install(t, filepath.Join(h.Cache, "a"), "6.1.0-9-cloud-amd64", true)
			install(t, filepath.Join(h.Cache, "b"), "6.1.0-10-cloud-amd64", false)
		}, "6.1.0-9-cloud-amd64"},
		"the newest cloud kernel of /boot to nothing": {func(t *testing.T, h Host) {
			install(t, h.Root, "6.1.0-9-cloud-amd64", true)
			install(t, h.Root, "6.1.0-10-cloud-amd64", true)
			install(t, h.Root, "6.12.0-amd64", true)
		}, "6.1.0-10-cloud-amd64"},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Root: t.TempDir(), Cache: t.TempDir(), Running: own}
			c.prepare(t, h)
			k, err := h.Find("")
			must(t, err)
			if k.Release != c.want || filepath.Base(k.ModulesDir) != c.want {
				t.Errorf("found %+v, want release %s", k, c.want)
			}
		})
	}
}

func TestAllIsInTheOrderOfFind(t *testing.T) {
	h := Host{Root: t.TempDir(), Cache: t.TempDir(), Running: "6.9.0-own"}
	install(t, h.Root, "6.1.0-9-cloud-amd64", true)
	install(t, h.Root, "6.1.0-10-cloud-amd64", false)
	install(t, filepath.Join(h.Cache, "a"), "6.1.0-9-amd64", true)
	install(t, filepath.Join(h.Cache, "b"), "6.1.0-10-amd64", true)
	install(t, h.Root, "6.9.0-own", true)
	var releases []string
	for _, k := range h.All() {
		releases = append(releases, k.Release)
	}
	if got, want := strings.Join(releases, " "), "6.9.0-own 6.1.0-10-amd64 6.1.0-9-amd64 6.1.0-9-cloud-amd64"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFindOfAPathTakesTheModulesBesideItFirst(t *testing.T) {
	h := Host{Root: t.TempDir(), Cache: t.TempDir(), Running: "none"}
	unpacked := t.TempDir()
	put(t, nil, h.Root, "lib/modules/6.1.0/modules.dep")
	image := put(t, bzImage("6.1.0 x"), unpacked, "boot/vmlinuz-6.1.0")
	for _, want := range []string{h.Root, unpacked} {
		if want == unpacked {
			put(t, nil, unpacked, "usr/lib/modules/6.1.0/modules.dep")
		}
		k, err := h.Find(image)
		must(t, err)
		if !strings.HasPrefix(k.ModulesDir, want) {
			t.Errorf("modules %s, want them below %s", k.ModulesDir, want)
		}
	}
}

func TestFindTakesAKernelWithoutModulesOnlyIfItIsNamed(t *testing.T) {
	h := Host{Root: t.TempDir(), Cache: t.TempDir(), Running: "6.1.0"}
	image := install(t, h.Root, "6.1.0", false)
	k, err := h.Find(image)
	must(t, err)
	if k.ModulesDir != "" || k.Release != "6.1.0" {
		t.Errorf("got %+v", k)
	}
	if _, err := h.Find(""); err == nil || !strings.Contains(err.Error(), "drydock kernel get") {
		t.Errorf("error %v, want one that says what to do", err)
	}
	if _, err := h.Find(h.Root + "/nosuch"); err == nil || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("error %v for a file that is missing", err)
	}
}

func TestTheZeroHostIsThisOne(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/nonexistent/cache")
	var h Host
	cache, err := h.cache()
	must(t, err)
	running, err := os.ReadFile("/proc/sys/kernel/osrelease")
	must(t, err)
	if cache != "/nonexistent/cache/drydock/kernels" || h.root() != "/" || h.running() != strings.TrimSpace(string(running)) {
		t.Errorf("cache %s, root %s, running %s", cache, h.root(), h.running())
	}
}
