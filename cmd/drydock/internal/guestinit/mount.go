package guestinit

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A mount is one file system of the guest.
type mount struct {
	target, kind string
	flags        uintptr
	data         string
	optional     bool // a kernel may be built without it
	yields       bool // to what the image has at target, which it would hide
}

const safe = unix.MS_NOSUID | unix.MS_NOEXEC | unix.MS_NODEV

// mounts are in order: what lies inside another comes later. Names and flags are those of systemd's mount-setup, which
// programs expect.
var mounts = []mount{
	{target: "/proc", kind: "proc", flags: safe},
	{target: "/sys", kind: "sysfs", flags: safe},
	{target: "/dev", kind: "devtmpfs", flags: unix.MS_NOSUID, data: "mode=0755"},
	{target: "/dev/pts", kind: "devpts", flags: unix.MS_NOSUID | unix.MS_NOEXEC, data: "mode=0620,gid=5,ptmxmode=0666", optional: true},
	{target: "/dev/shm", kind: "tmpfs", flags: unix.MS_NOSUID | unix.MS_NODEV, data: "mode=1777", optional: true},
	{target: "/run", kind: "tmpfs", flags: unix.MS_NOSUID | unix.MS_NODEV, data: "mode=0755", optional: true, yields: true},
	{target: "/tmp", kind: "tmpfs", flags: unix.MS_NOSUID | unix.MS_NODEV, data: "mode=1777", optional: true, yields: true},
	{target: "/sys/fs/cgroup", kind: "cgroup2", flags: safe, optional: true},
}

// links are the names in /dev that devtmpfs does not make.
var links = map[string]string{
	"/dev/fd":     "/proc/self/fd",
	"/dev/stdin":  "/proc/self/fd/0",
	"/dev/stdout": "/proc/self/fd/1",
	"/dev/stderr": "/proc/self/fd/2",
}

// mountAll mounts what the guest's programs expect.
func (m *machine) mountAll() error {
	// Linux makes the root of an initramfs writable for all, and careful programs refuse to load what lies below such a one.
	if err := os.Chmod("/", 0o755); err != nil {
		m.warn(err)
	}
	for _, fs := range mounts {
		err := fs.mount()
		if err != nil && !fs.optional {
			return err
		}
		if err != nil {
			m.warn(err)
		}
	}
	for name, target := range links {
		if err := os.Symlink(target, name); err != nil && !os.IsExist(err) {
			m.warn(err)
		}
	}
	return nil
}

// mount makes the mount point if it is missing. A kernel with CONFIG_DEVTMPFS_MOUNT may have mounted /dev before us.
func (fs *mount) mount() error {
	if err := os.MkdirAll(fs.target, 0o755); err != nil {
		return fmt.Errorf("mount %s: %w", fs.target, err)
	}
	if fs.yields && holds(fs.target) {
		return nil
	}
	err := unix.Mount(fs.kind, fs.target, fs.kind, fs.flags, fs.data)
	if err != nil && err != unix.EBUSY {
		return fmt.Errorf("mount %s on %s: %w", fs.kind, fs.target, err)
	}
	return nil
}

// holds reports whether there is anything in a directory.
func holds(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) > 0
}
