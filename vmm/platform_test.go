package vmm_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/vmm"
)

func TestTheTimerArrivesWhereTheTablesSay(t *testing.T) {
	start(t, "timer", vmm.Config{}).finish()
}

func TestASecondCPUStarts(t *testing.T) {
	start(t, "smp", vmm.Config{CPUs: 2}).finish()
}
