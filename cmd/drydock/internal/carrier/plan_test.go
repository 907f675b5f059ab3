package carrier

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/net"
)

func machine(t *testing.T, line string) *args.Machine {
	t.Helper()
	return parsed(t, strings.Fields(line))
}

func parsed(t *testing.T, words []string) *args.Machine {
	t.Helper()
	m := args.New()
	fs := flag.NewFlagSet("boot", flag.ContinueOnError)
	m.Flags(fs)
	if _, err := args.Parse(fs, words); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	return m
}

func rewrite(t *testing.T, line string) *Plan {
	t.Helper()
	p, err := Rewrite(machine(t, line))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestInputsComeInAndTheirNamesAreThoseInside(t *testing.T) {
	dir := t.TempDir()
	kernel, initrd := filepath.Join(dir, "vmlinux-9.9"), filepath.Join(dir, "my initrd")
	for _, f := range []string{kernel, initrd} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := machine(t, "-nodefaults")
	m.Kernel, m.Initrd = kernel, initrd
	p, err := Rewrite(m)
	if err != nil {
		t.Fatal(err)
	}
	inner := parsed(t, p.Words)
	if !p.Files.Has(inner.Kernel) || !p.Files.Has(inner.Initrd) || !strings.HasSuffix(inner.Kernel, kernel) {
		t.Errorf("%q names files that are not among %q", p.Words, p.Files.Names())
	}
	if m.Kernel != kernel || m.Initrd != initrd {
		t.Errorf("the caller's machine was changed: %+v", m)
	}
}

func TestOutputsComeBackToWhereTheCommandLineWantsThem(t *testing.T) {
	p := rewrite(t, "-serial file:/tmp/a -serial stdio -stats s.json -netdev hubport,id=n0 -object filter-dump,id=f0,netdev=n0,file=x.pcapng,maxlen=99")
	inner := machine(t, strings.Join(p.Words, " "))
	want := []Artefact{
		{Guest: strings.TrimPrefix(inner.Serial[0], "file:"), Host: "/tmp/a"},
		{Guest: inner.Stats, Host: "s.json"},
		{Guest: inner.Dumps[0].File, Host: "x.pcapng"},
	}
	if !slices.Equal(p.Artefacts, want) {
		t.Errorf("artefacts %v, but the inner command line writes %v", p.Artefacts, want)
	}
	if inner.Serial[1] != "stdio" || inner.Dumps[0].MaxLen != 99 || !p.Files.Has(outDir) {
		t.Errorf("inner: %+v", inner)
	}
}

func TestNetdevsStayOutsideAndTheirPortsAreInside(t *testing.T) {
	p := rewrite(t, "-netdev user,id=u,hostfwd=tcp::1-:2 -netdev hubport,id=h -netdev tap,id=t,ifname=tap7,queues=3,vnet_hdr=on "+
		"-netdev tap,id=f,fds=5:6 -device virtio-net-pci,netdev=u,mrg_rxbuf=off")
	inner := machine(t, strings.Join(p.Words, " "))
	const ports = "/dev/virtio-ports/drydock.net"
	for i, want := range []args.Socket{
		{FD: -1, Path: ports + "0"},
		{FD: -1},
		{FD: -1, Path: ports + "1", More: []string{ports + "2", ports + "3"}},
		{FD: -1, Path: ports + "4", More: []string{ports + "5"}},
	} {
		n := inner.Netdevs[i]
		if !reflect.DeepEqual(n.Socket, want) || (n.Kind == "stream") != (want.Path != "") {
			t.Errorf("netdev %d is %+v, want %+v", i, n, want)
		}
	}
	if len(p.Links) != 3 || p.Links[0].User.HostFwd[0] != "tcp::1-:2" || p.Links[1].Tap.Name != "tap7" {
		t.Fatalf("links: %+v", p.Links)
	}
	if tap := p.Links[1].Tap; tap.VNetHdr != "on" || tap.Queues != 3 {
		t.Errorf("the tap is %+v", tap)
	}
	if inner.NICs[0].Netdev != "u" || !slices.Contains(p.Words, "driver=virtio-net-pci,netdev=u,mrg_rxbuf=off") {
		t.Errorf("device: %q", p.Words)
	}
}

func TestWhatANetdevCanCarryIsSaidInside(t *testing.T) {
	p := rewrite(t, "-netdev hubport,id=h -netdev user,id=u -netdev tap,id=t,ifname=tap7,queues=2")
	links, err := p.Open(func(n args.Netdev) (net.Netdev, error) {
		if n.Kind == "user" {
			return able(0), nil
		}
		return able(net.OffloadCsum | net.OffloadTSO4), nil
	})
	if err != nil || len(links) != 2 {
		t.Fatalf("links %v, %v", links, err)
	}
	inner := parsed(t, p.Command("boot", "-smp", "2")[1:])
	if u, tap := inner.Netdevs[1].Socket, inner.Netdevs[2].Socket; u.Offloads != 0 || tap.Offloads != net.OffloadCsum|net.OffloadTSO4 || len(tap.More) != 1 {
		t.Errorf("the user network is %+v, the tap %+v", u, tap)
	}
	if inner.CPUs != 2 {
		t.Errorf("what is said behind it is not heeded: %q", p.Command("boot", "-smp", "2"))
	}
}

// able is a netdev that can carry those.
type able net.Offload

func (a able) Offloads() net.Offload      { return net.Offload(a) }
func (able) Links() []net.Link            { return nil }
func (able) SetHeader(int) error          { return nil }
func (able) SetOffload(net.Offload) error { return nil }
func (able) SetQueues(int) error          { return nil }
func (able) Close() error                 { return nil }

func TestTheDefaultNICIsTheOuterHosts(t *testing.T) {
	if p := rewrite(t, ""); len(p.Links) != 1 || p.Links[0].Kind != "user" {
		t.Errorf("links: %+v", p.Links)
	}
	if p := rewrite(t, "-nodefaults"); len(p.Links) != 0 {
		t.Errorf("links in spite of -nodefaults: %+v", p.Links)
	}
}

func TestTheInnerMachineUsesKVMAndFitsIntoTheCarrier(t *testing.T) {
	p := rewrite(t, "-accel carrier -m 4G -pidfile p")
	inner := machine(t, strings.Join(p.Words, " "))
	if inner.Accel != "kvm" || inner.PIDFile != "" || p.RAM != 5120 {
		t.Errorf("inner %+v, carrier's RAM %d MiB", inner, p.RAM)
	}
}

func TestAFileThatIsNotThereIsNamedWithItsOption(t *testing.T) {
	for _, line := range []string{"-kernel /no/such/file", "-initrd /no/such/file"} {
		_, err := Rewrite(machine(t, line))
		option, _, _ := strings.Cut(line, " ")
		if err == nil || !strings.Contains(err.Error(), option) || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestLinksThatWereOpenedAreClosedWhenALaterOneFails(t *testing.T) {
	p := rewrite(t, "-netdev user,id=a -netdev tap,id=b,ifname=x")
	first := new(closeCounter)
	_, err := p.Open(func(n args.Netdev) (net.Netdev, error) {
		if n.ID == "a" {
			return first, nil
		}
		return nil, os.ErrPermission
	})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "-netdev tap,id=b") {
		t.Errorf("error: %v", err)
	}
	if first.closed != 1 {
		t.Errorf("the first link was closed %d times", first.closed)
	}
}

type closeCounter struct {
	able
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

func TestAFileThatIsOpenNeedsNoName(t *testing.T) {
	f, err := memoryFile("image")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("content"); err != nil {
		t.Fatal(err)
	}
	p := rewrite(t, "-nodefaults")
	guest, err := p.BringOpen(f)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if _, err := p.Files.WriteTo(&packed); err != nil {
		t.Fatal(err)
	}
	if !p.Files.Has(guest) || !bytes.Contains(packed.Bytes(), []byte("content")) {
		t.Errorf("%s is not among %q, or empty", guest, p.Files.Names())
	}
}
