package carrier

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/boot/vmlinux"
	"golang.org/x/sys/unix"
)

// openVmlinux opens the kernel without its compression: QEMU starts it by its PVH note, and nothing is decompressed by an
// emulated processor. What had to be unpacked is kept in the user's cache.
func openVmlinux(k hostkernel.Kernel) (*os.File, error) {
	f, err := os.Open(k.Path)
	if err != nil {
		return nil, fmt.Errorf("carrier: kernel: %w", err)
	}
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err == nil && string(magic) == "\x7fELF" {
		return f, nil
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	cached := cachePath(k, fi)
	if out, err := os.Open(cached); err == nil {
		return out, nil
	}
	return unpack(f, fi.Size(), cached)
}

// cachePath is "" where the user has no cache.
func cachePath(k hostkernel.Kernel, fi os.FileInfo) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	name := fmt.Sprintf("vmlinux-%s-%d-%d", orElse(k.Release, fi.Name()), fi.Size(), fi.ModTime().UnixNano())
	return filepath.Join(dir, "drydock", "vmlinux", name)
}

// unpack extracts a kernel into the cache, or into memory where that cannot be.
func unpack(r io.ReaderAt, size int64, cached string) (*os.File, error) {
	out, err := createCached(cached)
	if err != nil {
		if out, err = memoryFile("vmlinux"); err != nil {
			return nil, err
		}
		cached = ""
	}
	if _, err = vmlinux.Extract(out, r, size); err == nil && cached != "" {
		err = os.Rename(out.Name(), cached)
	}
	if err == nil {
		return out, nil
	}
	if cached != "" {
		err = errors.Join(err, os.Remove(out.Name()))
	}
	return nil, errors.Join(err, out.Close())
}

// createCached makes a file beside the one named, which takes its place when it is whole.
func createCached(cached string) (*os.File, error) {
	if cached == "" {
		return nil, os.ErrNotExist
	}
	dir := filepath.Dir(cached)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, ".new-")
}

// memoryFile makes a file that has no name and is gone with its last descriptor.
func memoryFile(name string) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
