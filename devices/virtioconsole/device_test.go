package virtioconsole

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestTheDeviceIsWhatQEMUsVirtioSerialIs(t *testing.T) {
	for name, c := range map[string]struct {
		config   Config
		features uint64
		space    []byte
		queues   int
	}{
		"by default":          {Config{}, 0x0000010130000006, []byte{0, 0, 0, 0, 31, 0, 0, 0, 0, 0, 0, 0}, 64},
		"emergency-write=off": {Config{Features: DefaultFeatures.Without(EmergWrite)}, 0x0000010130000002, []byte{0, 0, 0, 0, 31, 0, 0, 0}, 64},
		"max_ports=1":         {Config{MaxPorts: 1}, 0x0000010130000004, []byte{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 4},
		"max_ports=511":       {Config{MaxPorts: 511}, 0x0000010130000006, []byte{0, 0, 0, 0, 0xff, 1, 0, 0, 0, 0, 0, 0}, 1024},
	} {
		t.Run(name, func(t *testing.T) {
			dev, err := New(c.config)
			if err != nil {
				t.Fatal(err)
			}
			info := dev.Info()
			space := make([]byte, info.Config.Len())
			info.Config.Read(0, space)
			if info.ID != 3 || info.Features[0] != c.features || !bytes.Equal(space, c.space) {
				t.Errorf("ID %d, features %#x, configuration %v", info.ID, info.Features[0], space)
			}
			sizes := info.Queues(virtio.Features{})
			if len(sizes) != c.queues {
				t.Fatalf("%d queues, want %d", len(sizes), c.queues)
			}
			for i, size := range sizes {
				if want := uint16(128); size != want && (i != 2 && i != 3 || size != 32) {
					t.Errorf("queue %d has size %d", i, size)
				}
			}
		})
	}
}

func TestPortsAreNumberedAsQEMUNumbersThem(t *testing.T) {
	for name, c := range map[string]struct {
		ports []*Port
		want  []uint32
	}{
		"the first that is free from 1":     {[]*Port{NewPort("a", 0), NewPort("b", 3), NewPort("c", AnyNumber), NewPort("d", 0)}, []uint32{1, 3, 2, 4}},
		"number 0 for the first console":    {[]*Port{NewPort("a", 0), NewConsole("b", AnyNumber), NewConsole("c", AnyNumber)}, []uint32{1, 0, 2}},
		"consoles that ask for another":     {[]*Port{NewConsole("a", 5), NewConsole("b", 0)}, []uint32{5, 0}},
		"names need not be there or differ": {[]*Port{NewPort("", 0), NewPort("", 0)}, []uint32{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Config{Ports: c.ports}); err != nil {
				t.Fatal(err)
			}
			for i, p := range c.ports {
				if p.number != c.want[i] {
					t.Errorf("port %q has number %d, want %d", p.name, p.number, c.want[i])
				}
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		says   string
	}{
		"two ports of one number":            {Config{Ports: []*Port{NewPort("a", 2), NewPort("b", 2)}}, `number 2 is taken by port "a"`},
		"a number that one without name has": {Config{Ports: []*Port{NewPort("", 2), NewPort("", 2)}}, `by a port without a name`},
		"a number that another was given":    {Config{Ports: []*Port{NewPort("a", 0), NewPort("b", 1)}}, "number 1 is taken"},
		"two ports of one name":              {Config{Ports: []*Port{NewPort("a", 0), NewPort("a", 0)}}, `the name "a" already`},
		"a number beyond the last":           {Config{MaxPorts: 2, Ports: []*Port{NewPort("a", 2)}}, "the highest is 1"},
		"more ports than there is room":      {Config{MaxPorts: 2, Ports: []*Port{NewPort("a", 0), NewPort("b", 0)}}, "max_ports=2"},
		"two consoles where there is one":    {Config{MaxPorts: 1, Ports: []*Port{NewConsole("", AnyNumber), NewConsole("", AnyNumber)}}, "the highest is 0"},
		"more room than there can be":        {Config{MaxPorts: 512}, "greatest number is 511"},
		"a name beyond a page":               {Config{Ports: []*Port{NewPort(strings.Repeat("x", 2000), 0)}}, "2000 bytes"},
		"a number that is a console's alone": {Config{Ports: []*Port{newPort("a", 0)}}, "which is for a console"},
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
