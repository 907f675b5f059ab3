package guestinit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A guest that serves is a host to others: the carrier of a machine (package carrier). It runs one command after another,
// and its own end is the host's business.

// next greets again and serves the next command.
func (m *machine) next() error {
	if err := m.greet(); err != nil {
		return err
	}
	return m.run()
}

// byePatience is 0, for ever, when more conversations follow: whoever gave up waiting would take the goodbye for the next one.
func (m *machine) byePatience() time.Duration {
	if m.serving {
		return 0
	}
	return byePatience
}

// shared are the devices that a host lets every user have, as udev rules do.
var shared = []string{"/dev/kvm", "/dev/net/tun", "/dev/vhost-net"}

// prepareHost does what a host's udev would do.
func (m *machine) prepareHost() {
	for _, device := range shared {
		if err := os.Chmod(device, 0o666); err != nil && !os.IsNotExist(err) {
			m.warn(err)
		}
	}
	if err := linkPorts(sysfsPorts, "/dev/virtio-ports"); err != nil {
		m.warn(err)
	}
}

// linkPorts links the names of all virtio console ports to their devices. The port of the run protocol comes last in its
// device, so the others are there when it is.
func linkPorts(sysfs, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, _ := filepath.Glob(filepath.Join(sysfs, "*", "name"))
	for _, file := range files {
		name, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("virtio console port: %w", err)
		}
		link := filepath.Join(dir, filepath.Base(strings.TrimSpace(string(name))))
		if err := os.Symlink(filepath.Join("/dev", filepath.Base(filepath.Dir(file))), link); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}
