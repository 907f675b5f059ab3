package virtioconsole

import (
	"encoding/binary"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestAConsoleIsOneBeforeItHasANameAndIsOpen(t *testing.T) {
	c := NewConsole("tty", AnyNumber)
	d := start(t, Config{Ports: []*Port{c}})
	d.say(0, deviceReady, 1)
	d.expect(message{0, portAdd, 1, ""})
	c.Resize(132, 43)
	d.expect(message{0, resize, 0, "\x84\x00\x2b\x00"})
	d.say(0, portReady, 1)
	d.expect(message{0, consolePort, 1, ""}, message{0, portName, 1, "tty\x00"}, message{0, portOpen, 1, ""},
		message{0, resize, 0, "\x84\x00\x2b\x00"})
}

func TestADriverWithoutMultiportHasTheFirstConsole(t *testing.T) {
	for name, legacy := range map[string]bool{"modern": false, "legacy": true} {
		t.Run(name, func(t *testing.T) {
			c := NewConsole("", AnyNumber)
			dev, err := New(Config{Ports: []*Port{NewPort("p", 0), c}})
			if err != nil {
				t.Fatal(err)
			}
			f := single
			if legacy {
				f = virtio.Features{}
			}
			d := &driver{t: t, dev: dev, Harness: virtiotest.Start(t, dev, f, virtiotest.Options{RAM: 8 << 20, Legacy: legacy})}
			d.rx = make(map[int]map[uint16]uint64)
			d.send(1, []byte("hello"))
			b := make([]byte, 5)
			if n, err := c.Read(b); string(b[:n]) != "hello" || err != nil {
				t.Errorf("read %q, %v", b[:n], err)
			}
			d.post(0, 8)
			if _, err := c.Write([]byte("input")); err != nil {
				t.Error(err)
			}
			if got := d.received(0); got != "input" {
				t.Errorf("the guest read %q", got)
			}
			c.SetConnected(false) // of which such a driver does not hear
			d.send(1, []byte("dropped"))
			d.Queue(1).Wait(patience)
			d.Queue(1).Wait(patience)
		})
	}
}

// emergency writes a character as a guest does that has no driver.
func emergency(dev *Device, v uint32) {
	dev.Info().Config.Write(virtio.Features{}, configEmergency, binary.LittleEndian.AppendUint32(nil, v))
}

func TestAGuestInTroubleNeedsNoDriver(t *testing.T) {
	away, first, second := NewConsole("away", AnyNumber), NewConsole("first", AnyNumber), NewConsole("second", AnyNumber)
	away.SetConnected(false)
	dev, err := New(Config{Ports: []*Port{NewPort("port", 0), away, first, second}})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []uint32{'a', 0, 'b' | 0x7700} {
		emergency(dev, v)
	}
	dev.Info().Config.Write(virtio.Features{}, 0, []byte{1, 2, 3, 4})
	for _, want := range "ab" {
		b := make([]byte, 10)
		if n, err := first.Read(b); n != 1 || rune(b[0]) != want || err != nil {
			t.Errorf("read %q, %v", b[:n], err)
		}
	}
	all := make([]byte, configEnd)
	dev.Info().Config.Read(0, all)
	if [12]byte(all) != [12]byte{4: 31} {
		t.Errorf("the configuration space is %v", all)
	}
	if len(first.urgent)+len(second.urgent)+len(away.urgent) != 0 {
		t.Errorf("more characters than were written: %d, %d, %d", len(first.urgent), len(second.urgent), len(away.urgent))
	}
}

func TestAGuestThatIsInTroubleAllTheTimeWaitsForNobody(t *testing.T) {
	c := NewConsole("", AnyNumber)
	dev, err := New(Config{Ports: []*Port{c}})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 * cap(c.urgent) {
		emergency(dev, 'x')
	}
	if n := len(c.urgent); n != cap(c.urgent) {
		t.Errorf("%d characters are kept", n)
	}
}

func TestTheGuestHearsOfSomebodyWhoComesAndGoes(t *testing.T) {
	p := NewPort("p", 0)
	p.SetConnected(false)
	d := start(t, Config{Ports: []*Port{p}})
	d.say(0, deviceReady, 1)
	d.expect(message{1, portAdd, 1, ""})
	d.say(1, portReady, 1)
	d.expect(message{1, portName, 1, "p\x00"})
	d.say(1, portOpen, 1)
	d.send(receiveQueue(1)+1, []byte("dropped"))
	d.Queue(receiveQueue(1) + 1).Wait(patience)
	p.SetConnected(true)
	p.SetConnected(true)
	d.expect(message{1, portOpen, 1, ""})
	d.send(receiveQueue(1)+1, []byte("read"))
	b := make([]byte, 10)
	if n, err := p.Read(b); string(b[:n]) != "read" || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
	d.Queue(receiveQueue(1) + 1).Wait(patience)
	d.send(receiveQueue(1)+1, []byte("dropped, too"))
	p.SetConnected(false)
	d.expect(message{1, portOpen, 0, ""})
	d.Queue(receiveQueue(1) + 1).Wait(patience)
}
