package assemble

import (
	"context"
	"errors"
	stdnet "net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/rs/zerolog"
)

func hotPort(t *testing.T, pairs ...string) option.List {
	t.Helper()
	l := option.List{{Key: "driver", Value: "virtserialport"}}
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		l = append(l, option.Pair{Key: key, Value: value})
	}
	return l
}

func TestPortsComeAndGoWithTheirBackends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	a := assembled(t, "-nodefaults -chardev socket,id=c,path="+path+",server=on,wait=off -device virtio-serial-pci,id=s,max_ports=2")
	for range 2 {
		d, err := a.AddDevice(hotPort(t, "id=p", "chardev=c", "name=n"))
		if err != nil || d.Device != nil {
			t.Fatalf("%+v, %v", d, err)
		}
		conn, err := stdnet.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.AddDevice(hotPort(t, "id=q")); err == nil || !strings.Contains(err.Error(), "the highest is 1") {
			t.Errorf("a port too many: %v", err)
		}
		if err := a.RemoveDevice("p"); err != nil {
			t.Error(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			t.Error("the peer of a port that is gone is still connected")
		}
		_ = conn.Close()
	}
}

func TestADeviceThatGoesTakesItsPortsAlong(t *testing.T) {
	a := assembled(t, "-nodefaults -chardev ringbuf,id=c -device virtio-serial-pci,id=s -device virtconsole,id=p,chardev=c -device virtio-serial-pci,id=o -device virtserialport,id=q,bus=o.0")
	if err := a.RemoveDevice("s"); err != nil {
		t.Fatal(err)
	}
	if a.machine.Device("p") != nil || a.machine.Device("q") == nil || len(a.Chardevs()) != 0 || len(a.Config.Devices) != 1 {
		t.Errorf("left: %+v, %v", a.machine.Devices, a.Chardevs())
	}
}

func TestAnAssemblyIsMadeOfQEMUsSmallDevices(t *testing.T) {
	a := assembled(t, "-nodefaults -object rng-random,id=r -device virtio-rng-pci,rng=r,packed=on -device virtio-balloon-pci-non-transitional,page-poison=off -device virtio-serial-pci,vectors=0")
	for i, want := range []struct {
		id       uint16
		features uint64
		config   int
		vectors  int
	}{{4, 0x0000010530000000, 0, -1}, {5, 0x0000010130000002, 8, 0}, {3, 0x0000010130000006, 12, 0}} {
		d := a.Config.Devices[i]
		info := d.Info()
		if info.ID != want.id || info.Features[0] != want.features || info.Config.Len() != want.config || d.Vectors != want.vectors {
			t.Errorf("device %d: type %d, features %#x, %d bytes, %d vectors", i, info.ID, info.Features[0], info.Config.Len(), d.Vectors)
		}
	}
	if a.Balloon() == nil {
		t.Error("the balloon is not found")
	}
	a.Balloon().SetTarget(256 << 20)
	if got := a.Balloon().Actual(); got != a.Config.RAM {
		t.Errorf("%d bytes are left, and no guest has given up any", got)
	}
}

func TestASerialPortIsOnItsBackend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	a := assembled(t, "-nodefaults -chardev file,id=c,path="+path+" -serial chardev:c")
	if _, err := a.Config.Serial[0].Out.Write([]byte("boot")); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); string(b) != "boot" {
		t.Errorf("%q, %v", b, err)
	}
	if c := a.Chardevs(); len(c) != 1 || c[0].ID != "c" || c[0].String() != "file" {
		t.Errorf("%+v", c)
	}
}

func TestWaitForClientsReturnsWithTheFirstOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	a := assembled(t, "-nodefaults -chardev null,id=n -chardev socket,id=c,path="+path+",server=on -device virtio-serial-pci -device virtserialport,chardev=c")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.WaitForClients(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("without one: %v", err)
	}
	conn, err := stdnet.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := a.WaitForClients(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestWhatAnAssemblyCannotOpenIsNamed(t *testing.T) {
	for line, want := range map[string]string{
		"-chardev socket,id=c,path=/nonexistent/s":                                       "-chardev socket,id=c",
		"-chardev pipe,id=c,path=/nonexistent/p":                                         "/nonexistent/p",
		"-chardev ringbuf,id=c,size=3":                                                   "power of two",
		"-object rng-random,id=r,filename=/nonexistent/r -device virtio-rng-pci,rng=r":   "/nonexistent/r",
		"-device virtio-serial-pci,max_ports=1 -device virtserialport":                   "the highest is 0",
		"-device virtio-serial-pci -device virtserialport,nr=3 -device virtconsole,nr=3": "number 3 is taken",
	} {
		if a, err := New(machine(t, "-nodefaults "+line), zerolog.Nop()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
			if err == nil {
				_ = a.Close()
			}
		}
	}
}
