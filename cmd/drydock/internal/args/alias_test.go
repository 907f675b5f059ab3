package args

import "testing"

func TestQEMUsShortNamesOfTypesAreTheTypes(t *testing.T) {
	for short, name := range aliases {
		m, _, err := parse(t, "-nodefaults -drive if=none,id=d,driver=null-co -device "+short+map[string]string{"virtio-blk": ",drive=d"}[short])
		if err != nil || m.Devices[0].Identity().Kind != name {
			t.Errorf("%s: %v", short, err)
		}
	}
}

func TestAShortNameOfANICIsANICToo(t *testing.T) {
	m, _, err := parse(t, "-device virtio-net")
	if err != nil || len(m.NICs) != 1 {
		t.Errorf("%d NICs, %v", len(m.NICs), err)
	}
}
