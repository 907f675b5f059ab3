package kvm

import (
	"os"
	"strings"
	"testing"
	"time"
)

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	check(t, err)
	return len(entries)
}

func vcpuMappings(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	check(t, err)
	return strings.Count(string(maps), "kvm-vcpu")
}

func TestNothingStaysOpen(t *testing.T) {
	before := descriptors(t)
	t.Run("machines", func(t *testing.T) {
		for range 3 {
			g := newGuest(t, irqchip, 0xe6, 0x10)
			runTo[*ExitIO](g)
		}
		if _, err := newSystem(t).RingZeroSpeed(time.Millisecond); err != nil {
			t.Error(err)
		}
		if vcpuMappings(t) == 0 || descriptors(t) <= before {
			t.Error("the test does not see what is open")
		}
	})
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	if n := vcpuMappings(t); n != 0 {
		t.Errorf("%d VCPUs are still mapped", n)
	}
}

func TestAFailedOpenLeavesNothing(t *testing.T) {
	before := descriptors(t)
	if _, err := openPath("/dev/null"); err == nil {
		t.Error("/dev/null is KVM")
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}
