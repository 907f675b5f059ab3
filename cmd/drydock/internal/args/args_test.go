package args

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

func parse(t *testing.T, line string) (*Machine, []string, error) {
	t.Helper()
	m := New()
	rest, err := parseWords(m, strings.Fields(line))
	return m, rest, err
}

func newFlags(m *Machine) *flag.FlagSet {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	m.Flags(fs)
	return fs
}

func parseWords(m *Machine, words []string) ([]string, error) {
	rest, err := Parse(newFlags(m), words)
	if err == nil {
		err = m.Check()
	}
	return rest, err
}

func TestAQEMUCommandLineOfOurSubsetIsUnderstood(t *testing.T) {
	m, rest, err := parse(t, "-M pc,accel=kvm -cpu host --smp 2,sockets=1 -m size=1G -nodefaults -display none -no-reboot -serial mon:stdio "+
		"-netdev tap,id=n0,ifname=tap0,script=no,downscript=no,queues=2,vnet_hdr=on "+
		"-device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,addr=04.0,mrg_rxbuf=off,mq=on,vectors=6,rx_queue_size=1024,romfile=,disable-legacy=on "+
		"-object filter-dump,id=f0,netdev=n0,file=x.pcapng -device isa-debug-exit,iobase=0xf4 -- sh -c ls")
	if err != nil {
		t.Fatal(err)
	}
	if m.CPUs != 2 || m.RAM != 1<<30 || m.Accel != "kvm" || !m.NoReboot || m.Devices[1].(*DebugExit).Port != 0xf4 {
		t.Errorf("machine: %+v", m)
	}
	if n := m.Netdevs[0]; n.Kind != "tap" || n.Tap.Name != "tap0" || n.Tap.Queues != 2 || n.Tap.VNetHdr != "on" {
		t.Errorf("netdev: %+v", n)
	}
	n := m.NICs[0]
	if on, said := n.Switched[virtionet.MrgRxbuf]; on || !said {
		t.Errorf("mrg_rxbuf=off was not taken: %+v", n)
	}
	if n.Slot != 4 || !n.Switched[virtionet.MQ] || n.Vectors != 6 || n.RXSize != 1024 || n.ROM || !n.DisableLegacy || n.MAC[5] != 1 {
		t.Errorf("NIC: %+v", n)
	}
	if len(m.Dumps) != 1 || m.SerialPorts()[0] != "stdio" || strings.Join(rest, " ") != "sh -c ls" {
		t.Errorf("dumps %v, serial %v, rest %q", m.Dumps, m.SerialPorts(), rest)
	}
}

func TestTheNonTransitionalTypeIsModernOnly(t *testing.T) {
	m, _, err := parse(t, "-netdev hubport,id=n0 -device virtio-net-pci-non-transitional,netdev=n0")
	if err != nil || !m.NICs[0].DisableLegacy {
		t.Errorf("%+v, %v", m.NICs, err)
	}
}

func TestAMistakeIsNamedWithTheNearestThingThatExists(t *testing.T) {
	for line, want := range map[string][]string{
		"-kernal x":                           {`"-kernal"`, `"-kernel"`},
		"-netdev tapp,id=n0":                  {`"tapp"`, `"tap"`},
		"-netdev user,id=n0,hostfw=x":         {`"hostfw"`, `"hostfwd"`},
		"-netdev user":                        {"id"},
		"-device virtio-net-pc":               {`"virtio-net-pc"`, `"virtio-net-pci"`},
		"-device virtio-net-pci,mrg-rxbuf=on": {`"mrg-rxbuf"`, `"mrg_rxbuf"`},
		"-device virtio-net-pci,csum=maybe":   {"csum=maybe", "on or off"},
		"-device virtio-net-pci,netdev=n1":    {"n1", "-netdev"},
		"-netdev hubport,id=a -device virtio-net-pci,netdev=a -device virtio-net-pci,netdev=a": {"netdev=a", "in use"},
		"-device virtio-net-pci,foo=1":             {`unknown property "foo"`, "known are"},
		"-device virtio-net-pci,rx_queue_size=300": {"power of 2"},
		"-nic user":                                                  {"-netdev and -device"},
		"-device isa-debug-exit,iobase=0":                            {"port other than 0"},
		"-device isa-debug-exit,iosize=8":                            {"1 to 4 ports"},
		"-device virtio-net-pci,mac=01:00:5e:00:00:1":                {"mac"},
		"-device virtio-net-pci,disable-legacy=on,disable-modern=on": {"neither modern nor legacy"},
		"-device virtio-net-pci-transitional,disable-legacy=on":      {`"disable-legacy"`},
		"-netdev hubport,id=a -netdev hubport,id=a":                  {"taken"},
		"-m 0":                       {"MiB"},
		"-m 5x":                      {"not a size"},
		"-smp 0":                     {"CPUs"},
		"-M q35":                     {"q35"},
		"-accel kvmm":                {"kvm"},
		"-display gtk":               {"none"},
		"-object filter-dmp,id=x":    {`"filter-dump"`},
		"-serial tcp::4444":          {"serial"},
		"-timeout soon":              {"-timeout soon", "90s"},
		"-timeout -5s":               {"-timeout -5s", "90s"},
		"-kernel":                    {"-kernel", "value"},
		"-netdev tap,id=a,queues=0":  {"queues=0", "at least 1"},
		"-netdev tap,id=a,script=/x": {"script=/x", "write no"},
		"-nographic=perhaps":         {"perhaps", "-nographic"},
		"-M pc,acpi=off":             {"always has ACPI"},
		"-netdev user,id=a,ipv4=off": {"ipv4=off", "user network"},
		"-netdev user,id=a,ipv6=on":  {"ipv6=on", "no IPv6"},
	} {
		_, _, err := parse(t, line)
		if err == nil {
			t.Errorf("%s: no error", line)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q does not name %s", line, err, w)
			}
		}
	}
}

func TestAnAddressThatIsNoneIsSaidInWords(t *testing.T) {
	for s, want := range map[string]string{
		"300.1.1.1":             "10.0.2.0/24",
		"10.0.0.2":              "10.0.2.0/24",
		"10.0.0.2/33":           "10.0.2.0/24",
		"10.0.0.2/24,gw=gate":   `"gate" is no address`,
		"10.0.0.2/24,dns=1.1.1": `"1.1.1" is no address`,
		"gw=10.0.0.1":           "write dhcp, none",
	} {
		if _, err := ParseAddress(s); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Parse") {
			t.Errorf("%s: %v, want %s", s, err, want)
		}
	}
}

func TestAnOptionThatAsksForHelpIsAnsweredWithWhatItCanBe(t *testing.T) {
	for line, want := range map[string]string{
		"-M help": "i440fx", "-machine ?": "none", "-accel help": "qtest", "-M pc,accel=help": "carrier", "-cpu help": "qemu64", "-device help": "virtio-net-pci",
	} {
		_, _, err := parse(t, line)
		if help := new(Help); !errors.As(err, &help) || !strings.Contains(help.Text, want) {
			t.Errorf("%s: %v, want help with %s", line, err, want)
		}
	}
}
