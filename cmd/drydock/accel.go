package main

import (
	"fmt"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
)

// carried says whether the machine is to run in an emulated host: because -accel says so, or because this host's KVM is missing
// or too slow for stock kernels. It tells the user why.
func carried(m *args.Machine) bool {
	if m.Accel != "auto" {
		return m.Accel == "carrier"
	}
	v := carrier.Auto()
	if notice := v.Notice(); notice != "" {
		fmt.Fprintln(os.Stderr, "drydock:", notice)
	}
	return !v.Usable()
}
