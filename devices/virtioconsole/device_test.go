package virtioconsole

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestTheDeviceIsWhatQEMUsVirtioSerialIs(t *testing.T) {
	dev, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	info := dev.Info()
	if info.ID != 3 || info.Features[0] != 0x0000010130000006 || info.Config.Len() != 12 {
		t.Errorf("ID %d, features %#x, %d bytes of configuration", info.ID, info.Features[0], info.Config.Len())
	}
	sizes := info.Queues(virtio.Features{})
	if len(sizes) != 64 || sizes[0] != 128 || sizes[1] != 128 || sizes[2] != 32 || sizes[3] != 32 || sizes[4] != 128 || sizes[63] != 128 {
		t.Errorf("queue sizes %v", sizes)
	}
	var maxPorts [4]byte
	if !info.Config.Read(4, maxPorts[:]) || maxPorts != [4]byte{31} {
		t.Errorf("max_nr_ports %v", maxPorts)
	}
}

func TestPortsAreNumberedAroundThoseThatHaveANumber(t *testing.T) {
	a, b, c := NewPort("a", 0), NewPort("b", 1), NewPort("c", 0)
	if _, err := New(Config{Ports: []*Port{a, b, c}}); err != nil {
		t.Fatal(err)
	}
	if a.number != 2 || b.number != 1 || c.number != 3 {
		t.Errorf("numbers %d, %d, %d", a.number, b.number, c.number)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		says   string
	}{
		"two ports of one number":       {Config{Ports: []*Port{NewPort("a", 2), NewPort("b", 2)}}, `"a" and "b" both have number 2`},
		"a number beyond the last":      {Config{MaxPorts: 2, Ports: []*Port{NewPort("a", 2)}}, "numbers 1 to 1"},
		"more ports than there is room": {Config{MaxPorts: 2, Ports: []*Port{NewPort("a", 0), NewPort("b", 0)}}, "max_ports=2"},
		"more room than there can be":   {Config{MaxPorts: 512}, "greatest number is 511"},
		"a name beyond a page":          {Config{Ports: []*Port{NewPort(strings.Repeat("x", 2000), 0)}}, "2000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestADriverWithoutMultiportIsNotBlockedByPortZero(t *testing.T) {
	dev, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{t: t, Harness: virtiotest.Start(t, dev, single, virtiotest.Options{RAM: 8 << 20})}
	d.send(1, []byte("console output"))
	d.Queue(1).Wait(patience)
}
