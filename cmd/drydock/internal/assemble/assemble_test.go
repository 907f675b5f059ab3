package assemble

import (
	"encoding/binary"
	"flag"
	stdnet "net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/net"
	"github.com/rs/zerolog"
)

// machine is what a command line says.
func machine(t *testing.T, line string) *args.Machine {
	t.Helper()
	m := args.New()
	fs := flag.NewFlagSet("boot", flag.ContinueOnError)
	m.Flags(fs)
	if _, err := args.Parse(fs, strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	return m
}

// assembled makes a command line's machine, until the test ends.
func assembled(t *testing.T, line string) *Assembly {
	t.Helper()
	a, err := New(machine(t, line), zerolog.Nop())
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("%s: close: %v", line, err)
		}
	})
	return a
}

func TestAMachineOfWhichNothingIsSaidHasOneNICOnTheUserNetwork(t *testing.T) {
	a := assembled(t, "")
	if len(a.NICs) != 1 || a.NICs[0].Link != "user" || a.NICs[0].MAC != net.DefaultMAC(0) {
		t.Fatalf("NICs: %+v", a.NICs)
	}
	d := a.Config.Devices[0]
	if d.Slot != -1 || d.DisableLegacy || d.DisableModern || !d.IOEventFD || !d.ROM || d.Vectors != 4 {
		t.Errorf("device: %+v", d)
	}
}

func TestWhoSaysSomethingOfTheNetworkGetsNoMore(t *testing.T) {
	for line, nics := range map[string]int{"-nodefaults": 0, "-netdev hubport,id=n0": 0, "-device virtio-net-pci": 1,
		"-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0 -device virtio-net-pci": 2} {
		if a := assembled(t, line); len(a.NICs) != nics || len(a.Config.Devices) != nics {
			t.Errorf("%s: %d NICs, want %d", line, len(a.NICs), nics)
		}
	}
}

func TestTheMachineIsAsTheCommandLineSays(t *testing.T) {
	a := assembled(t, "-m 1G -smp 2 -cpu max -append quiet -no-reboot -nodefaults -device isa-debug-exit,iobase=0xf4")
	c := a.Config
	if c.RAM != 1<<30 || c.CPUs != 2 || c.CPU != "max" || c.Cmdline != "quiet" || !c.NoReboot || c.DebugExit != 0xf4 {
		t.Errorf("%+v", c)
	}
}

func TestANICIsAsItsPropertiesSay(t *testing.T) {
	a := assembled(t, "-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:07,addr=5,disable-legacy=on,page-per-vq=on,multifunction=on,"+
		"modern-pio-notify=on,ioeventfd=off,romfile=,vectors=7,mrg_rxbuf=off,speed=1000,duplex=full -device virtio-net-pci,disable-modern=on")
	d := a.Config.Devices[0]
	if d.Slot != 5 || !d.DisableLegacy || d.DisableModern || !d.PagePerVQ || !d.Multifunction || !d.ModernPIONotify || d.IOEventFD || d.ROM || d.Vectors != 7 {
		t.Errorf("device: %+v", d)
	}
	if mac := a.NICs[0].MAC; mac != (net.MAC{0x52, 0x54, 0, 0, 0, 7}) {
		t.Errorf("MAC %v", mac)
	}
	offered := a.NICs[0].Info().Features
	if offered.Has(virtionet.MrgRxbuf) || !offered.Has(virtionet.SpeedDuplex) {
		t.Errorf("features %v: want SpeedDuplex without MrgRxbuf", offered)
	}
	if d := a.Config.Devices[1]; !d.DisableModern || !a.NICs[1].Info().Features.Has(virtionet.MrgRxbuf) {
		t.Errorf("the second is changed by the first: %+v", d)
	}
	if a.NICs[1].Link != "" || a.NICs[1].MAC != net.DefaultMAC(0) {
		t.Errorf("the second NIC: link %q, MAC %v", a.NICs[1].Link, a.NICs[1].MAC)
	}
}

func TestADumpIsACaptureOfItsNetdev(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.pcapng")
	a, err := New(machine(t, "-netdev hubport,id=n0 -device virtio-net-pci,netdev=n0 -object filter-dump,id=f0,netdev=n0,file="+file), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	const sectionHeader = 0x0a0d0d0a
	text, err := os.ReadFile(file)
	if err != nil || len(text) < 4 || binary.LittleEndian.Uint32(text) != sectionHeader {
		t.Errorf("the capture is %d bytes, %v; want a pcapng section header first", len(text), err)
	}
}

func TestASocketNetdevConnectsToAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := stdnet.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := assembled(t, "-netdev socket,id=n0,path="+path+" -device virtio-net-pci,netdev=n0")
	if a.NICs[0].Link != "socket" {
		t.Errorf("link %q", a.NICs[0].Link)
	}
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer.Close()
}

func TestAStreamNetdevHasAQueuePairForEachPathAndTheOffloadsOfTheOtherEnd(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		path := filepath.Join(dir, name)
		l, err := stdnet.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		paths = append(paths, path)
	}
	a := assembled(t, "-netdev stream,id=n0,path="+strings.Join(paths, ",more=")+",offloads=3 -device virtio-net-pci,netdev=n0,mq=on")
	nd := a.netdevs["n0"]
	if links := nd.Links(); len(links) != len(paths) || nd.Offloads() != net.OffloadCsum|net.OffloadTSO4 {
		t.Errorf("%d paths are %d pairs, with %v", len(paths), len(links), nd.Offloads())
	}
}

// deadSocket is the path of a socket that nobody listens at.
func deadSocket(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dead")
	l, err := stdnet.ListenUnix("unix", &stdnet.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatCannotBeOpenedIsNamedAndLeavesNothingOpen(t *testing.T) {
	dir, dead := t.TempDir(), deadSocket(t)
	for line, want := range map[string][]string{
		"-netdev socket,id=n0":                                                              {"-netdev socket,id=n0", "fd= or path="},
		"-netdev socket,id=n0,path=" + dir + "/s":                                           {"-netdev socket,id=n0", dir + "/s", "no such file"},
		"-netdev socket,id=n0,path=" + dead:                                                 {"-netdev socket,id=n0", dead, "refused"},
		"-netdev stream,id=n0,path=/dev/null,more=" + dead:                                  {"-netdev stream,id=n0", dead, "refused"},
		"-netdev tap,id=n0,ifname=a-name-of-21-letters.":                                    {"-netdev tap,id=n0", "15 bytes"},
		"-netdev user,id=n0,net=ten":                                                        {"-netdev user,id=n0", `"ten"`},
		"-netdev user,id=n0,host=ten":                                                       {"-netdev user,id=n0", "ten"},
		"-netdev user,id=n0,hostfwd=tcp::99999-:22":                                         {"-netdev user,id=n0", "99999"},
		"-netdev user,id=n0 -netdev socket,id=n1,path=" + dir:                               {"-netdev socket,id=n1", dir},
		"-netdev hubport,id=n0 -object filter-dump,id=f0,netdev=n0,file=" + dir + "/none/x": {"filter-dump", dir + "/none/x", "no such file"},
	} {
		before := leaktest.Descriptors()
		a, err := New(machine(t, line), zerolog.Nop())
		if err == nil {
			t.Errorf("%s: no error", line)
			_ = a.Close()
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q does not name %s", line, err, w)
			}
		}
		if after := leaktest.Descriptors(); after > before {
			t.Errorf("%s: %d descriptors are open, %d were", line, after, before)
		}
	}
}
