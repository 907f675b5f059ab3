package args

import (
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// What QEMU's qos-test writes, but for the double spaces, which the shell takes out.
const qtestPrefix = "-qtest unix:/t/q.sock -qtest-log /dev/null -chardev socket,path=/t/q.qmp,id=char0 -mon chardev=char0,mode=control -display none "

func TestTheCommandLinesOfQEMUsOwnTestsAreUnderstood(t *testing.T) {
	for _, line := range []string{
		"-machine none -accel qtest",
		"-M pc -device virtio-net-pci,netdev=hs0,addr=04.0 -netdev socket,fd=4,id=hs0 -accel qtest",
		"-M pc -device virtio-net-pci,netdev=hs0,addr=04.0 -netdev hubport,hubid=0,id=hs0 -accel qtest",
		"-audio none -run-with exit-with-parent=on -trace virtio_* -M pc -accel qtest",
	} {
		m, rest, err := parse(t, qtestPrefix+line)
		if err != nil || len(rest) != 0 {
			t.Errorf("%s: %v, rest %q", line, err, rest)
			continue
		}
		if m.Accel != "qtest" || m.QTest != "unix:/t/q.sock" || m.QTestLog != "/dev/null" || m.RAM != 128<<20 {
			t.Errorf("%s: accel %s, qtest %q, log %q, RAM %d", line, m.Accel, m.QTest, m.QTestLog, m.RAM)
		}
		if len(m.QMP) != 1 || m.QMP[0].Path != "/t/q.qmp" || m.QMP[0].Server || m.QMP[0].FD != -1 {
			t.Errorf("%s: QMP %+v", line, m.QMP)
		}
		if (m.Kind == "none") != strings.Contains(line, "none -accel") || len(m.NICs) != strings.Count(line, "virtio-net-pci") {
			t.Errorf("%s: kind %s, %d NICs", line, m.Kind, len(m.NICs))
		}
	}
}

func TestADeviceMayComeBeforeWhatItNames(t *testing.T) {
	m, _, err := parse(t, "-object filter-dump,id=f,netdev=n0,file=x, -device virtio-net-pci,netdev=n0, -netdev hubport,id=n0,")
	if err != nil || m.NICs[0].Netdev != "n0" || m.Dumps[0].Netdev != "n0" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestAListMayBeJSON(t *testing.T) {
	m, _, err := parse(t, `-netdev {"type":"hubport","id":"n0"} -device {"driver":"virtio-net-pci","netdev":"n0","mq":true,"host_mtu":9000,"id":"d"} -set device.d.vectors=3`)
	if err != nil || m.NICs[0].Netdev != "n0" || m.NICs[0].MTU != 9000 || m.NICs[0].Vectors != 3 {
		t.Errorf("%+v, %v", m.NICs, err)
	}
	m, _, err = parse(t, `-netdev {"type":"user","id":"n0","hostfwd":[{"str":"tcp::1-:1"},{"str":"udp::2-:2"}]}`)
	if err != nil || !slices.Equal(m.Netdevs[0].User.HostFwd, []string{"tcp::1-:1", "udp::2-:2"}) {
		t.Errorf("%+v, %v", m.Netdevs, err)
	}
	_, _, err = parse(t, `-device {"driver":null}`)
	if err == nil || !strings.Contains(err.Error(), "-device") || !strings.Contains(err.Error(), "null says nothing") {
		t.Error(err)
	}
}

func TestSetChangesWhatWasWrittenBeforeIt(t *testing.T) {
	m, _, err := parse(t, "-netdev tap,id=hs0,ifname=t -device virtio-net-pci,netdev=hs0,id=d.x,host_mtu=1400 -set netdev.hs0.queues=2")
	if err != nil || m.Netdevs[0].Tap.Queues != 2 {
		t.Errorf("%+v, %v", m.Netdevs, err)
	}
	m, _, err = parse(t, "-device virtio-net-pci,id=d,host_mtu=1400 -set device.d.host_mtu=9000")
	if err != nil || m.NICs[0].MTU != 9000 {
		t.Errorf("%+v, %v", m.NICs, err)
	}
}

func TestASetThatChangesNothingIsAnError(t *testing.T) {
	for line, want := range map[string]string{
		"-set device.d.mq=on -device virtio-net-pci,id=d": `no device "d" defined before it`,
		"-set device.d":          "group.id.property=value",
		"-set device.d.mq":       "group.id.property=value",
		"-set machine.pc.usb=on": "not supported",
		"-set object.o.x=on":     "not supported",
		"-device virtio-net-pci,id=d -set device.d.mqq=on": `"mqq"`,
	} {
		if _, _, err := parse(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

func TestADeviceIDIsTakenOnce(t *testing.T) {
	_, _, err := parse(t, "-device virtio-net-pci,id=a -device isa-debug-exit,id=a")
	if err == nil || !strings.Contains(err.Error(), `duplicate device id "a"`) {
		t.Error(err)
	}
}

func TestWhatIsAddedLaterCanBeRemovedAndAddedAgain(t *testing.T) {
	m, _, err := parse(t, "-nodefaults")
	if err != nil {
		t.Fatal(err)
	}
	netdev := option.List{{Key: "type", Value: "hubport"}, {Key: "id", Value: "n"}}
	nic := option.List{{Key: "driver", Value: "virtio-net-pci"}, {Key: "id", Value: "d"}, {Key: "netdev", Value: "n"}}
	for range 2 {
		if err := m.AddNetdev(netdev); err != nil {
			t.Fatal(err)
		}
		d, err := m.AddDevice(nic)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.RemoveNetdev("n"); err == nil || !strings.Contains(err.Error(), "a device is on it") {
			t.Errorf("a netdev in use: %v", err)
		}
		m.RemoveDevice(d)
		if err := m.RemoveNetdev("n"); err != nil {
			t.Error(err)
		}
	}
	if len(m.Devices)+len(m.NICs)+len(m.Netdevs) != 0 {
		t.Errorf("left: %+v", m)
	}
}

func TestAskingForHelpIsAnsweredAndNoFailure(t *testing.T) {
	for line, want := range map[string][]string{
		"-device help":                        {"virtio-net-pci-non-transitional", "isa-debug-exit"},
		"-netdev help":                        {"user", "hubport"},
		"-object help":                        {"filter-dump"},
		"-device ?":                           {"virtio-net-pci"},
		"-device virtio-net-pci,help":         {"mrg_rxbuf", "disable-legacy", "host_features", "id"},
		"-device virtio-net-pci,profile=help": {"alicloud", "0x1035867ffe3", "firecracker"},
	} {
		_, _, err := parse(t, line)
		var help *Help
		if !errors.Is(err, flag.ErrHelp) || !errors.As(err, &help) {
			t.Errorf("%s: %v", line, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(help.Text, w) {
				t.Errorf("%s: %q is not in\n%s", line, w, help.Text)
			}
		}
	}
}
