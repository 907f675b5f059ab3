package args

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtioconsole"
)

func TestPortsAreOnTheBusTheyName(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -device virtio-serial-pci,id=a -device virtio-serial-pci-transitional,id=b,max_ports=2,emergency-write=off "+
		"-device virtconsole,bus=b.0,name=n,nr=1,chardev=c -device virtserialport -chardev null,id=c")
	if err != nil {
		t.Fatal(err)
	}
	a, b := m.Devices[0].(*VirtioSerial), m.Devices[1].(*VirtioSerial)
	console, port := m.Devices[2].(*SerialPort), m.Devices[3].(*SerialPort)
	if a.MaxPorts != 31 || a.Vectors != 2 || b.MaxPorts != 2 || b.Offer(virtioconsole.DefaultFeatures).Has(virtioconsole.EmergWrite) {
		t.Errorf("%+v, %+v", a, b)
	}
	if console.On != b || !console.Console() || console.Name != "n" || console.Number != 1 || console.Chardev != "c" {
		t.Errorf("%+v", console)
	}
	if port.On != a || port.Console() || port.Number != virtioconsole.AnyNumber || port.Chardev != "" {
		t.Errorf("%+v", port)
	}
}

func TestTheBusOfADeviceWithoutAnIDHasANumber(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -device virtio-serial-pci,id=a -device virtio-serial-pci -device virtserialport,bus=virtio-serial-bus.0")
	if err != nil || m.Devices[2].(*SerialPort).On != m.Devices[1] {
		t.Errorf("%v, %+v", err, m.Devices)
	}
}

func TestVectorsThatAreNotSpecifiedAreOneForEachPortAndOne(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -device virtio-serial-pci,max_ports=7,vectors=4294967295")
	if err != nil || m.Devices[0].(*VirtioSerial).Vectors != 8 {
		t.Errorf("%v, %+v", err, m.Devices)
	}
}

func TestWhatAPortCannotBeIsSaid(t *testing.T) {
	const bus = "-device virtio-serial-pci,id=s "
	for line, want := range map[string]string{
		"-device virtio-serial-pci,max_ports=0":                                                   "not specified",
		"-device virtio-serial-pci,max_ports=512":                                                 "maximum ports supported: 511",
		"-device virtio-serial-pci,class=0xff":                                                    "only 0x0780",
		"-device virtserialport":                                                                  "no virtio-serial-pci before it",
		"-device virtserialport,bus=s.0 " + bus:                                                   "bus=s.0",
		bus + "-device virtserialport,bus=s":                                                      "no such bus",
		bus + "-device virtserialport,nr=0":                                                       "reserved for virtconsole",
		bus + "-device virtserialport,chardev=c":                                                  "no -chardev with id=c",
		bus + "-device virtserialport,name=n -device virtserialport,name=n":                       "already exists by that name",
		bus + "-device virtserialport,vectors=1":                                                  `"vectors"`,
		bus + "-chardev null,id=c -device virtserialport,chardev=c -device virtconsole,chardev=c": "in use",
	} {
		if _, _, err := parse(t, "-nodefaults "+line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

// What QEMU 7.2's help gives for each type, with its default, but for what no command line can give (addr=-1, child<...>, guest-stats).
const pciDefaults = "acpi-index=0 aer=off any_layout=on ats=off event_idx=on failover_pair_id= indirect_desc=on iommu_platform=off " +
	"migrate-extra=on modern-pio-notify=off multifunction=off notify_on_empty=on packed=off page-per-vq=off queue_reset=on rombar=1 romfile= " +
	"romsize=4294967295 use-disabled-flag=on use-started=on virtio-pci-bus-master-bug-migration=off x-ats-page-aligned=on " +
	"x-disable-legacy-check=off x-disable-pcie=off x-ignore-backend-features=off x-pcie-deverr-init=on x-pcie-extcap-init=on x-pcie-flr-init=on " +
	"x-pcie-lnkctl-init=on x-pcie-lnksta-dllla=on x-pcie-pm-init=on disable-legacy=auto disable-modern=off "

func TestEveryPropertyOfQEMUsSmallerDevicesIsKnown(t *testing.T) {
	for kind, props := range map[string]string{
		"virtio-rng-pci": pciDefaults + "ioeventfd=on vectors=4294967295 max-bytes=9223372036854775807 period=65536 rng=",
		"virtio-balloon-pci": pciDefaults + "deflate-on-oom=off free-page-hint=off free-page-reporting=off guest-stats-polling-interval=0 " +
			"iothread= page-poison=on qemu-4-0-config-size=off",
		"virtio-serial-pci": pciDefaults + "ioeventfd=on vectors=2 class=0 emergency-write=on max_ports=31",
		"virtserialport":    "name= nr=4294967295 chardev=",
		"virtconsole":       "name= nr=4294967295 chardev=",
	} {
		for _, prop := range strings.Fields(props) {
			if _, _, err := parse(t, "-nodefaults -device virtio-serial-pci -device "+kind+","+prop); err != nil {
				t.Errorf("%s: %s: %v", kind, prop, err)
			}
		}
	}
}
