package carrier

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
)

// portName is that of the port of the run protocol.
const portName = "drydock.run"

// loaded are the modules that make a host of virtual machines.
var loaded = []string{"kvm_amd", "tun"}

// present are modules that modprobe finds in the carrier, where its kernel has them.
var present = []string{"vhost_net", "veth", "bridge", "dummy", "macvtap"}

// tools are programs of the host that the carrier has where the host does. Those of busybox with the same names can less.
var tools = []string{"ip", "tc", "ethtool", "ping", "iperf3"}

// buildImage collects the carrier's root file system.
func buildImage(c Config) (*initramfs.Archive, error) {
	if c.Kernel.ModulesDir == "" {
		return nil, fmt.Errorf("carrier: the kernel %s comes without modules: take one that has them, such as drydock kernel get fetches", c.Kernel.Path)
	}
	modules := loaded
	if len(c.Disks) > 0 {
		modules = append(slices.Clip(modules), diskModule)
	}
	img, err := guestimage.Build(guestimage.Options{
		Kernel: c.Kernel, Modules: modules, Port: portName, Self: c.Binary, Serve: true,
	})
	if err != nil {
		return nil, fmt.Errorf("carrier: %s: %w", c.Kernel.Path, err)
	}
	if !img.Has("/bin/busybox") {
		return nil, errors.New("carrier: an emulated host needs busybox: apt-get install busybox-static")
	}
	if err := img.Symlink("/usr/local/bin/drydock", "/init"); err != nil || c.Single {
		return img.Archive, err
	}
	return img.Archive, errors.Join(addKernels(img.Archive, c), addTools(img.Archive))
}

// addTools puts the host's programs where the carrier's PATH begins.
func addTools(a *initramfs.Archive) error {
	for _, name := range tools {
		if host := lookPath(name); host != "" {
			if err := a.AddBinary("/usr/local/bin/"+name, host); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookPath finds a program of the host, also those that only root has in PATH; "" if there is none.
func lookPath(name string) string {
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if file, err := exec.LookPath(candidate); err == nil {
			if file, err = filepath.Abs(file); err == nil {
				return file
			}
		}
	}
	return ""
}
