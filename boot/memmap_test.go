package boot

import (
	"strings"
	"testing"
)

func TestMemoryMapsCountTheirRAM(t *testing.T) {
	for _, tc := range []struct {
		name      string
		ram       uint64
		low, high uint64
	}{
		{"the least", 2 << 20, 2 << 20, 0},
		{"all below the PCI window", 1 << 30, 1 << 30, 0},
		{"just up to it", PCIBase, PCIBase, 0},
		{"one page above", PCIBase + pageSize, PCIBase, pageSize},
		{"much above", 16 << 30, PCIBase, 13 << 30},
	} {
		t.Run(tc.name, func(t *testing.T) {
			low, high := SplitRAM(tc.ram)
			if low != tc.low || high != tc.high {
				t.Errorf("low %#x high %#x, want %#x %#x", low, high, tc.low, tc.high)
			}
			m := mapOf(t, tc.ram)
			if err := m.check(); err != nil {
				t.Error(err)
			}
			var ram uint64
			for _, r := range m {
				if r.Type == RAM {
					ram += r.Size
				} else if r.Base >= HighRAMBase && r.Base < PCIEnd {
					t.Errorf("%+v is in RAM or in the PCI window", r)
				}
			}
			if hole := uint64(HighRAMBase - LowRAMEnd); ram != tc.ram-hole {
				t.Errorf("%#x bytes of RAM, want %#x", ram, tc.ram-hole)
			}
			if last := m[len(m)-1]; high > 0 && last != (Range{RAM4GBase, high, RAM}) {
				t.Errorf("last range %+v", last)
			}
		})
	}
}

func TestTheACPIAreasAreTypedForTheirUse(t *testing.T) {
	types := map[uint64]RangeType{}
	for _, r := range mapOf(t, testRAM) {
		types[r.Base] = r.Type
	}
	if types[ACPIBase] != ACPIReclaim || types[FACSBase] != ACPINVS || types[LowRAMEnd] != Reserved || types[HostPagesBase] != Reserved {
		t.Errorf("types %v", types)
	}
}

func TestMemorySizesThatNoMachineHasAreRefused(t *testing.T) {
	for _, ram := range []uint64{0, 1 << 20, testRAM + 1, testRAM + 2048, 1 << 46, 1<<64 - pageSize} {
		if _, err := NewMemoryMap(ram); err == nil || !strings.Contains(err.Error(), "multiple of 4096") {
			t.Errorf("%d bytes: error %v", ram, err)
		}
	}
}
