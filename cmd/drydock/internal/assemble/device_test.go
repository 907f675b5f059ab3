package assemble

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/rs/zerolog"
)

// list is what QMP sends.
func list(t *testing.T, s string) option.List {
	t.Helper()
	l, err := option.Parse(s, "")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestADeviceComesAndGoesWhileTheMachineRuns(t *testing.T) {
	a := assembled(t, "-nodefaults -global virtio-net-pci.host_mtu=1400")
	before := leaktest.Descriptors()
	for range 2 {
		if err := a.AddNetdev(list(t, "type=hubport,id=n1")); err != nil {
			t.Fatal(err)
		}
		d, err := a.AddDevice(list(t, "driver=virtio-net-pci,id=net1,netdev=n1,addr=0x06"))
		if err != nil {
			t.Fatal(err)
		}
		nic := a.NICs[0]
		if d.Device != virtio.Device(nic.Device) || d.ID != "net1" || d.Kind != "virtio-net-pci" || d.Slot != 6 || d.Vectors != 4 || !d.IOEventFD {
			t.Errorf("device: %+v", d)
		}
		if nic.ID != "net1" || nic.Link != "hubport" || nic.MAC != net.DefaultMAC(0) || !nic.Info().Features.Has(virtionet.MTU) {
			t.Errorf("NIC: %+v", nic)
		}
		if err := a.RemoveNetdev("n1"); err == nil || !strings.Contains(err.Error(), "a device is on it") {
			t.Errorf("a netdev in use went: %v", err)
		}
		if err := a.RemoveDevice("net1"); err != nil {
			t.Error(err)
		}
		if err := a.RemoveNetdev("n1"); err != nil {
			t.Error(err)
		}
		if len(a.NICs)+len(a.Config.Devices) != 0 {
			t.Errorf("left: %+v, %+v", a.NICs, a.Config.Devices)
		}
	}
	if after := leaktest.Descriptors(); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func TestANICWithoutANetdevLeavesNothingOpenWhenItGoes(t *testing.T) {
	a := assembled(t, "-nodefaults")
	before := leaktest.Descriptors()
	if _, err := a.AddDevice(list(t, "driver=virtio-net-pci,id=net1")); err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveDevice("net1"); err != nil {
		t.Error(err)
	}
	if after := leaktest.Descriptors(); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func TestADeviceWithoutAnIDCanBeTakenBack(t *testing.T) {
	a := assembled(t, "-nodefaults")
	before := leaktest.Descriptors()
	d, err := a.AddDevice(list(t, "driver=virtio-net-pci"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.TakeBack(d); err != nil || len(a.NICs)+len(a.Config.Devices) != 0 || leaktest.Descriptors() != before {
		t.Errorf("%v; left %+v", err, a.NICs)
	}
	if _, err := a.TakeBack(d); err == nil {
		t.Error("it was there twice")
	}
}

func TestWhatCannotBeAddedOrRemovedIsSaidAndLeavesNothing(t *testing.T) {
	a := assembled(t, "-nodefaults -netdev hubport,id=n0 -device virtio-net-pci,id=d0,netdev=n0")
	before := leaktest.Descriptors()
	for l, want := range map[string]string{
		"driver=virtio-net-pc":                                `did you mean "virtio-net-pci"`,
		"driver=virtio-net-pci,id=d0":                         `duplicate device id "d0"`,
		"driver=virtio-net-pci,netdev=n0":                     "in use by another",
		"driver=virtio-net-pci,id=a b":                        "starts with a letter",
		"driver=virtio-net-pci,netdev=n9":                     "no -netdev with that id",
		"driver=virtio-net-pci,host_mtu=20":                   "68",
		"driver=isa-debug-exit,iobase=0xf4":                   "cannot be added to a machine that runs",
		"driver=virtio-net-pci,host_features=0x179bfffe7":     "need a tap with vnet_hdr",
		"driver=virtio-net-pci,host_features=0x2100000020":    "bit 37 is not implemented",
		"driver=virtio-net-pci,host_features=0x8000100000020": "bit 51 is not implemented",
		"driver=virtio-rng-pci,host_features=0x100000001":     "bit 0 is not implemented",
		"driver=virtio-balloon-pci,host_features=0x100000001": "bit 0 is not implemented",
	} {
		_, err := a.AddDevice(list(t, l))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", l, err, want)
		}
	}
	for id, want := range map[string]string{"d1": "there is none", "": "there is none"} {
		if err := a.RemoveDevice(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("remove %q: %v", id, err)
		}
	}
	if err := a.AddNetdev(list(t, "type=hubport,id=n0")); err == nil || !strings.Contains(err.Error(), "taken") {
		t.Errorf("%v", err)
	}
	if err := a.AddNetdev(list(t, "type=socket,id=n7")); err == nil || a.RemoveNetdev("n7") == nil {
		t.Errorf("a netdev that did not open is there: %v", err)
	}
	if after := leaktest.Descriptors(); after != before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func TestAProfileIsReducedToWhatTheNetdevCanAndSaysSo(t *testing.T) {
	var log bytes.Buffer
	a, err := New(machine(t, "-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0,profile=firecracker"), zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	info := a.NICs[0].Info()
	if want := virtio.FeaturesOf(virtionet.MAC, virtionet.MrgRxbuf, virtio.EventIdx, virtio.Version1); info.Features != want || info.Legacy != (virtio.Features{}) {
		t.Errorf("offers %v and %v on the legacy interface; want %v", info.Features, info.Legacy, want)
	}
	if d := a.Config.Devices[0]; !d.DisableLegacy || d.Vectors != 3 || d.ROM {
		t.Errorf("device: %+v", d)
	}
	if text := log.String(); !strings.Contains(text, "profile=firecracker: this netdev cannot do CSUM, GUEST_CSUM, ") || strings.Contains(text, "pairs") {
		t.Errorf("log: %s", text)
	}
}

func TestAProfileWithMorePairsThanTheNetdevSaysSo(t *testing.T) {
	var log bytes.Buffer
	a, err := New(machine(t, "-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0,profile=alicloud"), zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if want := "this netdev has 1 queue pairs of the 16 of such a device, and cannot do "; !strings.Contains(log.String(), want) {
		t.Errorf("log: %s", log.String())
	}
}

func TestTheBitsOfHostFeaturesAreAllThatADriverSees(t *testing.T) {
	for _, c := range []struct {
		name, props      string
		modern, onLegacy virtio.Features
	}{
		{"transitional: legacy bits are for legacy drivers", "host_features=0x159008020", virtio.Features{0x110008020}, virtio.Features{0x49000000}},
		{"modern only: there is one face for all", "host_features=0x159008020,disable-legacy=on", virtio.Features{0x159008020}, virtio.Features{}},
		{"a driver's side", "guest_features=0x100008020,disable-legacy=on", virtio.Features{0x100008020}, virtio.Features{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			info := assembled(t, "-device virtio-net-pci,"+c.props).NICs[0].Info()
			if info.Features != c.modern || info.Legacy != c.onLegacy {
				t.Errorf("offers %x, and %x on the legacy interface; want %x and %x", info.Features, info.Legacy, c.modern, c.onLegacy)
			}
		})
	}
}

func TestTheCloudDeviceOffersModernDriversWhatItDoes(t *testing.T) {
	nd, _, err := net.Pipe(^net.Offload(0), 16)
	if err != nil {
		t.Fatal(err)
	}
	a := assembled(t, "-nodefaults")
	a.netdevs["n0"] = netdev{Netdev: nd} // which the assembly closes
	a.machine.Netdevs = append(a.machine.Netdevs, args.Netdev{Kind: "hubport", ID: "n0"})
	d, err := a.AddDevice(list(t, "driver=virtio-net-pci,netdev=n0,profile=alicloud"))
	if err != nil {
		t.Fatal(err)
	}
	info := d.Info()
	if info.Features != (virtio.Features{0x1035867ffe3}) || len(info.Queues(info.Features)) != 33 || d.Vectors != 34 || !d.DisableLegacy {
		t.Errorf("offers %x, %d queues, %+v", info.Features, len(info.Queues(info.Features)), d)
	}
}

func TestWhatQEMUReducesTooIsNotWarnedOf(t *testing.T) {
	var log bytes.Buffer
	a, err := New(machine(t, "-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0,profile=qemu-4.2"), zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if log.Len() != 0 || a.Config.Devices[0].Vectors != 3 || !a.Config.Devices[0].ROM {
		t.Errorf("%+v, log: %s", a.Config.Devices[0], log.String())
	}
}

func TestAWordForTXThatQEMUDoesNotKnowIsWarnedOf(t *testing.T) {
	for word, warned := range map[string]bool{"bogus": true, "timer": false, "bh": false} {
		var log bytes.Buffer
		a, err := New(machine(t, "-nodefaults -device virtio-net-pci,tx="+word), zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if strings.Contains(log.String(), "counts as bh") != warned {
			t.Errorf("%s: log: %s", word, log.String())
		}
	}
}

func TestAUserNetworkThatIsNoneIsSaidInWords(t *testing.T) {
	for props, want := range map[string]string{
		"net=10.0.2.0/33": `net=10.0.2.0/33: "10.0.2.0/33" is no address with`,
		"dhcpstart=x":     `dhcpstart=x: "x" is no address`,
	} {
		a, err := New(machine(t, "-nodefaults -netdev user,id=u,"+props), zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %s", props, a, err, want)
		}
	}
}

func TestGlobalsThatDoNothingAreWarnedOf(t *testing.T) {
	var log bytes.Buffer
	a, err := New(machine(t, "-nodefaults -global virtio-nett-pci.mq=on"), zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if !strings.Contains(log.String(), "virtio-nett-pci.mq has invalid class name") {
		t.Errorf("log: %s", log.String())
	}
}
