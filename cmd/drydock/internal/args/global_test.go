package args

import (
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

func TestAGlobalAppliesToATypeAndTheTypesDerivedFromIt(t *testing.T) {
	for _, c := range []struct{ name, global, kind, want string }{
		{"the type itself", "virtio-net-pci.mrg_rxbuf=off", "virtio-net-pci", "off"},
		{"not to a type beside it", "virtio-net-pci.mrg_rxbuf=off", "virtio-net-pci-transitional", ""},
		{"its base", "virtio-net-pci-base.mrg_rxbuf=off", "virtio-net-pci-transitional", "off"},
		{"all virtio functions", "virtio-pci.mrg_rxbuf=off", "virtio-net-pci-non-transitional", "off"},
		{"the device in the function", "virtio-net-device.mrg_rxbuf=off", "virtio-net-pci", "off"},
		{"all virtio devices", "virtio-device.mrg_rxbuf=off", "virtio-net-pci", "off"},
		{"a device of another kind", "virtio-blk-device.mrg_rxbuf=off", "virtio-net-pci", ""},
		{"in the long form", "driver=virtio-net-pci,property=mrg_rxbuf,value=off", "virtio-net-pci", "off"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _, err := parse(t, "-global "+c.global+" -device "+c.kind)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if on, said := m.NICs[0].Switched[virtionet.MrgRxbuf]; said {
				got = map[bool]string{true: "on", false: "off"}[on]
			}
			if got != c.want {
				t.Errorf("mrg_rxbuf is %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheLastWordIsTheDevicesThenTheLastGlobals(t *testing.T) {
	m, _, err := parse(t, "-global virtio-net-pci.host_mtu=1 -global virtio-net-pci.host_mtu=2 -global virtio-net-device.host_mtu=3 "+
		"-device virtio-net-pci -device virtio-net-pci,host_mtu=4")
	if err != nil || m.NICs[0].MTU != 2 || m.NICs[1].MTU != 4 {
		t.Errorf("%+v, %v", m.NICs, err)
	}
}

func TestAGlobalThatDoesNothingIsWarnedOf(t *testing.T) {
	m, _, err := parse(t, "-global virtio-net-pci.mq=on -global virtio-nett.mq=on -global isa-debug-exit.iobase=4 -device virtio-net-pci")
	want := []string{
		"global virtio-nett.mq has invalid class name: there is no such device here",
		"global isa-debug-exit.iobase=4 not used: no such device is in the machine",
	}
	if err != nil || !slices.Equal(m.UnusedGlobals(), want) {
		t.Errorf("%q, %v", m.UnusedGlobals(), err)
	}
	if !m.NICs[0].Offer(virtio.Features{}).Has(virtionet.MQ) {
		t.Error("mq=on was not taken")
	}
}

func TestAGlobalOfNothingIsAnError(t *testing.T) {
	for line, want := range map[string]string{
		"-global virtio-net-pci":                                          "driver.property=value",
		"-global virtio-device.vectors=3 -device virtio-net-pci":          "write virtio-pci.vectors",
		"-global driver=a,property=b":                                     "driver.property=value",
		"-global virtio-net-pci.id=x -device virtio-net-pci":              `unknown property "id"`,
		"-global driver=a,value=b":                                        "driver.property=value",
		"-global virtio-net-pci.mq=perhaps -device virtio-net-pci":        "-global virtio-net-pci: mq=perhaps",
		"-global virtio-net-pci.quick=on -device virtio-net-pci":          `-global virtio-net-pci: unknown property "quick"`,
		"-global virtio-net-pci.host_mtu=70000":                           "host_mtu=70000", // of the default NIC
		"-global virtio-net-pci.disable-legacy=on -nodefaults -global =1": "without a key",
	} {
		if _, _, err := parse(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}
