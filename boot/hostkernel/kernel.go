package hostkernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Kernel is a kernel image on the host.
type Kernel struct {
	Path string
	// Release is what uname -r says in it; empty if the file does not tell (an ELF vmlinux under another name).
	Release string
	// ModulesDir holds modules.dep or the modules themselves; empty if the host has none for this release. Such a kernel
	// must have all drivers built in.
	ModulesDir string
}

// open reads what there is to know of an image file; roots are the directories that may hold lib/modules/RELEASE, the
// most particular first.
func open(path string, roots ...string) (Kernel, error) {
	release, err := Release(path)
	if err != nil {
		return Kernel{}, err
	}
	return Kernel{Path: path, Release: release, ModulesDir: modulesDir(release, roots)}, nil
}

// modulesDir returns the first existing directory, or "".
func modulesDir(release string, roots []string) string {
	if release == "" {
		return ""
	}
	for _, root := range roots {
		for _, lib := range []string{"lib/modules", "usr/lib/modules"} {
			dir := filepath.Join(root, lib, release)
			if st, err := os.Stat(dir); err == nil && st.IsDir() {
				return dir
			}
		}
	}
	return ""
}

// Offsets in a bzImage, Documentation/arch/x86/boot.rst of Linux.
const (
	headerMagic   = 0x202 // "HdrS"
	kernelVersion = 0x20e // 16 bits, less 0x200, where the version string stands; 0 for none
	maxVersion    = 512   // bytes of it that we read
)

// Release returns the release of a kernel image: from the version string of a bzImage, else from a file name like
// vmlinux-6.1.0; empty if neither tells. It is an error if the file cannot be read.
func Release(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("hostkernel: %w", err)
	}
	defer func() { _ = f.Close() }()
	release, err := headerRelease(f)
	if err != nil {
		return "", fmt.Errorf("hostkernel: %s: %w", path, err)
	}
	if release == "" {
		release = nameRelease(filepath.Base(path))
	}
	return release, nil
}

// headerRelease returns "" for what is not a bzImage, because other kinds of kernel can boot, too.
func headerRelease(r io.ReaderAt) (string, error) {
	var header [kernelVersion + 2]byte
	if _, err := r.ReadAt(header[:], 0); err != nil {
		return "", ignoreEOF(err)
	}
	offset := binary.LittleEndian.Uint16(header[kernelVersion:])
	if string(header[headerMagic:headerMagic+4]) != "HdrS" || offset == 0 {
		return "", nil
	}
	var version [maxVersion]byte
	n, err := r.ReadAt(version[:], int64(offset)+0x200)
	if err := ignoreEOF(err); err != nil {
		return "", err
	}
	text, _, _ := bytes.Cut(version[:n], []byte{0})
	release, _, _ := strings.Cut(string(text), " ")
	// The release becomes part of a path.
	if strings.ContainsAny(release, "/\x00") || release == ".." {
		return "", fmt.Errorf("its header names the release %q", release)
	}
	return release, nil
}

// nameRelease takes the release out of vmlinuz-RELEASE or vmlinux-RELEASE.
func nameRelease(base string) string {
	for _, prefix := range []string{"vmlinuz-", "vmlinux-"} {
		if release, ok := strings.CutPrefix(base, prefix); ok {
			return release
		}
	}
	return ""
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
