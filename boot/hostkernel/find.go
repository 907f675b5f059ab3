package hostkernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// A Host is where to look. The zero value is the host that we run on.
type Host struct {
	// Root is its file system; empty for "/".
	Root string
	// Cache holds what Get unpacked, one directory a release; empty for drydock/kernels in the user's cache directory.
	Cache string
	// Running is the release of the host's own kernel; empty for what uname says.
	Running string
}

// Find returns the kernel at path; if that is empty, the first of: the host's own kernel, the newest in the cache, the
// newest Debian cloud kernel in /boot. One that we choose can be read and has modules.
func (h Host) Find(path string) (Kernel, error) {
	if path != "" {
		// An unpacked package has boot/vmlinuz-RELEASE beside lib/modules/RELEASE.
		return open(path, filepath.Join(filepath.Dir(path), ".."), filepath.Dir(path), h.root())
	}
	if all := h.All(); len(all) > 0 {
		return all[0], nil
	}
	return Kernel{}, errors.New("hostkernel: no kernel with modules that this user can read, in /boot or in the cache: " +
		"fetch one with \"drydock kernel get\", or name one with -kernel")
}

// All returns the kernels with modules that this user can read, in the order in which Find prefers them.
func (h Host) All() (all []Kernel) {
	for _, p := range h.patterns() {
		all = append(all, p.usable()...)
	}
	return all
}

// A pattern finds image files; root returns the directory above the lib/modules of one.
type pattern struct {
	glob string
	root func(image string) string
}

func (h Host) patterns() []pattern {
	host := func(string) string { return h.root() }
	own := pattern{filepath.Join(h.root(), "boot", "vmlinuz-"+escape(h.running())), host}
	cloud := pattern{filepath.Join(h.root(), "boot", "vmlinuz-*-cloud-amd64"), host}
	cache, err := h.cache()
	if err != nil {
		return []pattern{own, cloud}
	}
	beside := func(image string) string { return filepath.Dir(filepath.Dir(image)) }
	return []pattern{own, {filepath.Join(escape(cache), "*", "boot", "vmlinuz-*"), beside}, cloud}
}

// usable returns the kernels with modules among the files of a pattern, the greatest version first.
func (p pattern) usable() (all []Kernel) {
	images, _ := filepath.Glob(p.glob)
	slices.SortFunc(images, func(a, b string) int {
		return compareVersions(filepath.Base(b), filepath.Base(a))
	})
	for _, image := range images {
		if k, err := open(image, p.root(image)); err == nil && k.ModulesDir != "" {
			all = append(all, k)
		}
	}
	return all
}

func (h Host) root() string {
	if h.Root == "" {
		return "/"
	}
	return h.Root
}

func (h Host) running() string {
	if h.Running != "" {
		return h.Running
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}

// cache returns the cache directory, which need not exist.
func (h Host) cache() (string, error) {
	if h.Cache != "" {
		return h.Cache, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("hostkernel: nowhere to keep a kernel: %w", err)
	}
	return filepath.Join(dir, "drydock", "kernels"), nil
}
