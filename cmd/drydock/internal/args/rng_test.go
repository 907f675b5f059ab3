package args

import (
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtiorng"
)

func TestAnEntropyDeviceHasQEMUsProperties(t *testing.T) {
	for line, want := range map[string]RNG{
		"-device virtio-rng-pci": {Limit: virtiorng.Unlimited},
		"-device virtio-rng-pci,rng=r,max-bytes=0x400,period=1000 -object rng-random,id=r": {
			Backend: "r", Limit: virtiorng.Limit{Bytes: 1024, Period: time.Second},
		},
		"-object rng-builtin,id=b -device virtio-rng-pci-non-transitional,rng=b,max-bytes=0": {
			Backend: "b", Limit: virtiorng.Limit{Period: virtiorng.Unlimited.Period},
		},
	} {
		m, _, err := parse(t, "-nodefaults "+line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got := m.Devices[0].(*RNG)
		if got.Backend != want.Backend || got.Limit != want.Limit {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

func TestRandomBytesComeFromWhatTheObjectNames(t *testing.T) {
	m, _, err := parse(t, "-object rng-random,id=a -object rng-random,id=b,filename=/dev/hwrng -object rng-builtin,id=c -nodefaults "+
		"-device virtio-rng-pci,rng=a -device virtio-rng-pci,rng=b -device virtio-rng-pci,rng=c -device virtio-rng-pci")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"/dev/urandom", "/dev/hwrng", "", ""} {
		if got := m.RandomFile(m.Devices[i].(*RNG)); got != want {
			t.Errorf("device %d: %q, want %q", i, got, want)
		}
	}
}

func TestWhatAnEntropyDeviceCannotBeIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		"-device virtio-rng-pci,rng=r":                                  "no -object rng-random or rng-builtin",
		"-device virtio-rng-pci,period=0":                               "at least 1",
		"-device virtio-rng-pci,max-bytes=9223372036854775808":          "less than 2^63",
		"-object rng-random":                                            "it needs id=",
		"-object rng-egd,id=r,chardev=c":                                "write rng-random",
		"-object rng-builtin,id=r,filename=/dev/random":                 `"filename"`,
		"-device virtio-rng-pci,disable-legacy=on,disable-modern=on":    "neither modern nor legacy",
		"-device virtio-rng-pci,failover_pair_id=n":                     "leave it out",
		"-device virtio-rng-pci-transitional,disable-legacy=on,rng=abc": "disable-legacy",
	} {
		if _, _, err := parse(t, "-nodefaults "+line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}
