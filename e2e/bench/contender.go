package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A contender runs a configuration on a tap, once, and gives what was measured.
type contender interface {
	name() string
	can(c *configuration) bool
	run(ctx context.Context, r *round) ([]row, error)
}

// A round is one run of one contender.
type round struct {
	*configuration
	extent
	wire    *wire
	number  int
	verbose bool
}

// A machine is a contender that is a process with the payload guest in it.
type machine struct {
	label   string
	legacy  bool // has legacy devices
	command func(r *round) (*exec.Cmd, error)
}

func (m *machine) name() string              { return m.label }
func (m *machine) can(c *configuration) bool { return m.legacy || !c.legacy }

func (m *machine) run(ctx context.Context, r *round) ([]row, error) {
	cmd, err := m.command(r)
	if err != nil {
		return nil, err
	}
	return runGuest(ctx, cmd, r)
}

const memory = "256"

// qemu is the smallest of QEMU's machines that has PCI, with the same devices.
func qemu(path, payload string) (contender, error) {
	path, err := exec.LookPath(path)
	if err != nil {
		return nil, fmt.Errorf("%w: apt-get install qemu-system-x86, or say -qemu PATH, or -qemu '' to measure without it", err)
	}
	return &machine{label: qemuName, command: func(r *round) (*exec.Cmd, error) {
		return exec.Command(path, "-M", "microvm,pcie=on,isa-serial=on", "-accel", "kvm", "-cpu", "qemu64", "-m", memory,
			"-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4",
			"-netdev", "tap,id=n0,ifname="+tapName+",script=no,downscript=no,vnet_hdr=on",
			"-device", "virtio-net-pci,netdev=n0,mac="+guestMAC+",romfile=",
			"-kernel", payload, "-append", r.append(r.extent)), nil
	}}, nil
}

const qemuName, drydockName = "qemu", "drydock"

// drydock is this program again, as a machine.
func drydock(payload, profiles string) (contender, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return &machine{label: drydockName, legacy: true, command: func(r *round) (*exec.Cmd, error) {
		args := []string{machineCommand, "-kernel", payload, "-append", r.append(r.extent)}
		if profiles != "" {
			file := fmt.Sprintf("%s-%d.pprof", strings.ReplaceAll(r.label, " ", "-"), r.number)
			args = append(args, "-cpuprofile", filepath.Join(profiles, file))
		}
		return exec.Command(self, args...), nil
	}}, nil
}

// drydockBy is the command line of the user's choice.
func drydockBy(template, payload, dir string) (contender, error) {
	if !strings.Contains(template, "@IMG@") || !strings.Contains(template, "@TAP@") {
		return nil, fmt.Errorf("-drydock %q: it needs @IMG@ where the guest's file goes, and @TAP@ where the tap's name goes", template)
	}
	words := strings.Fields(template)
	takesOptions := strings.Contains(template, "@APPEND@")
	return &machine{label: drydockName, legacy: true, command: func(r *round) (*exec.Cmd, error) {
		image := payload
		if !takesOptions {
			image = filepath.Join(dir, "payload.elf")
			if err := writeOptions(image, payload, r.append(r.extent)); err != nil {
				return nil, err
			}
		}
		fill := strings.NewReplacer("@IMG@", image, "@TAP@", tapName, "@APPEND@", r.append(r.extent))
		args := make([]string, len(words))
		for i, w := range words {
			args[i] = fill.Replace(w)
		}
		return exec.Command(args[0], args[1:]...), nil
	}}, nil
}
