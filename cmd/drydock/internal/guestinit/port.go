package guestinit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sysfsPorts has one directory a port of all virtio consoles; its file "name" tells the name that the host gave.
const sysfsPorts = "/sys/class/virtio-ports"

// portPatience bounds the wait for the port: the driver makes it after an exchange of control messages (5.3.6.3), which
// takes milliseconds on hardware and up to seconds on an emulated processor.
const portPatience = 30 * time.Second

// openPort waits for the port of that name and opens it. It must not block in open or write: the runtime's poller waits
// instead, or one blocked write would hold a thread.
func openPort(dir, name string, patience time.Duration) (*os.File, error) {
	device, err := awaitPort(dir, name, patience)
	if err != nil {
		return nil, err
	}
	path := filepath.Join("/dev", device)
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open port %s, %s: %w", name, path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// awaitPort returns the device name of a port (vportNpM).
func awaitPort(dir, name string, patience time.Duration) (string, error) {
	const interval = 2 * time.Millisecond
	deadline := time.Now().Add(patience)
	for {
		if device := findPort(dir, name); device != "" {
			return device, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("no virtio console port is called %s: is there a virtio-serial device, and did virtio_console load?", name)
		}
		time.Sleep(interval)
	}
}

// findPort looks once; "" if there is no such port yet.
func findPort(dir, name string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*", "name"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(b)) == name {
			return filepath.Base(filepath.Dir(file))
		}
	}
	return ""
}
