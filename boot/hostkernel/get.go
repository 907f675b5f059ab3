package hostkernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// CloudPackage is Debian's metapackage of its newest kernel for virtual machines.
const CloudPackage = "linux-image-cloud-amd64"

// Get downloads a kernel package with apt, as whatever user runs it, and unpacks it into the cache; pkg is a package that
// holds a kernel, or one that depends on such, like CloudPackage, which an empty pkg means. What the cache has of
// the same release is replaced. Nothing of the host's own installation changes.
func (h Host) Get(ctx context.Context, pkg string) (Kernel, error) {
	if pkg == "" {
		pkg = CloudPackage
	}
	cache, err := h.cache()
	if err != nil {
		return Kernel{}, err
	}
	if cache, err = filepath.Abs(cache); err != nil { // apt and dpkg run in it
		return Kernel{}, fmt.Errorf("hostkernel: cache: %w", err)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return Kernel{}, fmt.Errorf("hostkernel: cache: %w", err)
	}
	// In the cache itself, so that a rename puts the result in place. The dot keeps it out of Find's pattern.
	dir, err := os.MkdirTemp(cache, ".get-")
	if err != nil {
		return Kernel{}, fmt.Errorf("hostkernel: cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	deb, err := download(ctx, dir, pkg)
	if err != nil {
		return Kernel{}, err
	}
	tree := filepath.Join(dir, "tree")
	if _, err := run(ctx, dir, "dpkg-deb", "-x", deb, tree); err != nil {
		return Kernel{}, err
	}
	return place(tree, cache, pkg)
}

// place moves an unpacked package to cache/RELEASE.
func place(tree, cache, pkg string) (Kernel, error) {
	images, _ := filepath.Glob(filepath.Join(tree, "boot", "vmlinuz-*"))
	if len(images) != 1 {
		return Kernel{}, fmt.Errorf("hostkernel: package %s holds %d kernels (boot/vmlinuz-*), not one", pkg, len(images))
	}
	release, err := Release(images[0])
	if err != nil {
		return Kernel{}, err
	}
	if release == "" {
		return Kernel{}, fmt.Errorf("hostkernel: package %s: %s does not tell its release", pkg, filepath.Base(images[0]))
	}
	target := filepath.Join(cache, release)
	if err := os.RemoveAll(target); err != nil {
		return Kernel{}, fmt.Errorf("hostkernel: cache: %w", err)
	}
	if err := os.Rename(tree, target); err != nil {
		return Kernel{}, fmt.Errorf("hostkernel: cache: %w", err)
	}
	return open(filepath.Join(target, "boot", filepath.Base(images[0])), target)
}

// download fetches the package that holds the kernel into dir.
func download(ctx context.Context, dir, pkg string) (string, error) {
	name, err := resolve(ctx, pkg)
	if err != nil {
		return "", err
	}
	if _, err := run(ctx, dir, "apt-get", "download", name); err != nil {
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	if len(debs) != 1 {
		return "", fmt.Errorf("hostkernel: apt-get download %s left %d packages, not one", name, len(debs))
	}
	return debs[0], nil
}

// image matches the packages that hold a kernel: their names carry its release.
var image = regexp.MustCompile(`^linux-image-(unsigned-)?[0-9]`)

// resolve follows the dependency of a metapackage, one step: Debian's and Ubuntu's depend on the image directly.
func resolve(ctx context.Context, pkg string) (string, error) {
	if strings.HasPrefix(pkg, "-") {
		return "", fmt.Errorf("hostkernel: %q is no name of a package", pkg)
	}
	if image.MatchString(pkg) {
		return pkg, nil
	}
	out, err := run(ctx, "", "apt-cache", "depends", "--important", pkg)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		kind, name, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if strings.HasSuffix(kind, "Depends") && image.MatchString(name) {
			return name, nil
		}
	}
	return "", fmt.Errorf("hostkernel: package %s neither is a kernel nor depends on one (linux-image-VERSION): "+
		"apt-cache search linux-image lists what there is", pkg)
}

// run runs a program of the host and returns its output; what it says on failure becomes the error.
func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.Env = append(os.Environ(), "LC_ALL=C") // the words are parsed
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("hostkernel: %s is not installed: a kernel package is fetched with Debian's apt and dpkg; "+
			"elsewhere name a kernel with -kernel", name)
	}
	if err != nil {
		return "", fmt.Errorf("hostkernel: %s %s: %w: %s", name, strings.Join(args, " "), err, lastLines(stderr.String()))
	}
	return stdout.String(), nil
}

// lastLines returns the end of what a program said, as one line.
func lastLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}
