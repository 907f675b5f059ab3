package args

import (
	"fmt"
	"runtime"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

const maxCPUs = 255

func (m *Machine) setSMP(s string) error {
	return option.Read("-smp", s, "cpus", option.Props{
		"cpus": option.To(&m.CPUs, cpuCount), "maxcpus": option.Ignored, "sockets": option.Ignored, "dies": option.Ignored,
		"clusters": option.Ignored, "cores": option.Ignored, "threads": option.Ignored,
	})
}

func cpuCount(s string) (int, error) {
	n, err := option.Uint(s, 16)
	if err == nil && (n < 1 || n > maxCPUs) {
		err = fmt.Errorf("%d CPUs: give 1 to %d (this host has %d)", n, maxCPUs, runtime.NumCPU())
	}
	return int(n), err
}

// cpuModels are host (all that KVM can give), max (the same here), and QEMU's baselines, which hide what came after SSE3.
var cpuModels = []string{"host", "max", "qemu64", "kvm64"}

func (m *Machine) setCPU(s string) error {
	return option.Read("-cpu", s, "model", option.Props{"model": m.setCPUModel, "migratable": option.Ignored})
}

func (m *Machine) setCPUModel(s string) error {
	if asksHelp(s) {
		return m.ask("cpu", cpuModels)
	}
	return option.OneOf(&m.CPU, cpuModels...)(s)
}
