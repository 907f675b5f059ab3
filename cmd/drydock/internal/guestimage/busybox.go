package guestimage

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path"
)

// guestBusybox is where the guest has it.
const guestBusybox = "/bin/busybox"

// busybox adds busybox and a link for each applet that it says it has. Without one in PATH the guest has no shell, which is no
// error before a command needs it.
func (img *Image) busybox(o *Options) error {
	if o.Busybox == "none" {
		return nil
	}
	name := o.Busybox
	if name == "" {
		name = "busybox"
	}
	host, err := exec.LookPath(name)
	if err != nil {
		if o.Busybox == "" && errors.Is(err, exec.ErrNotFound) {
			return nil
		}
		return fmt.Errorf("busybox: %w", err)
	}
	if err := img.AddBinary(guestBusybox, host); err != nil {
		return err
	}
	return img.applets(host)
}

// applets links the names where the applets belong (usr/bin/env), because scripts name them so.
func (img *Image) applets(host string) error {
	list, err := exec.Command(host, "--list-full").Output()
	if err != nil {
		return fmt.Errorf("%s --list-full: %w: is it a busybox?", host, err)
	}
	s := bufio.NewScanner(bytes.NewReader(list))
	for s.Scan() {
		name := path.Join("/", s.Text())
		if name == guestBusybox || img.Has(name) {
			continue
		}
		if err := img.Symlink(name, guestBusybox); err != nil {
			return err
		}
	}
	return s.Err()
}
