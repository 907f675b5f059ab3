package virtionet

import (
	"encoding/hex"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// The bytes are those of QEMU 7.2 with the same properties.
func TestTheConfigurationSpaceEndsWithTheLastOfferedField(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	none, _ := pipe(t, noOffload, 1)
	four, _ := pipe(t, tapOffload, 4)
	def := DefaultFeatures(nd)
	for _, c := range []struct {
		name   string
		config Config
		want   string
	}{
		{"default", Config{Netdev: nd}, "5254001234560100"},
		{"status=off", Config{Netdev: nd, Features: def.Without(Status)}, "525400123456"},
		{"mq=on", Config{Netdev: nd, MQ: true}, "52540012345601000100"},
		{"mq=on with four queues", Config{Netdev: four, MQ: true}, "52540012345601000400"},
		{"host_mtu=1500", Config{Netdev: nd, MTU: 1500}, "52540012345601000100dc05"},
		{"host_mtu=9000", Config{Netdev: nd, MTU: 9000}, "525400123456010001002823"},
		{"speed=10000,duplex=half", Config{Netdev: nd, Features: def.With(SpeedDuplex), Speed: 10000},
			"52540012345601000100000010270000" + "00"},
		{"rss=on", Config{Netdev: nd, Features: def.With(RSS)}, "525400123456010001000000ffffffffff288000ff010000"},
		{"hash=on", Config{Netdev: nd, Features: def.With(HashReport)}, "525400123456010001000000ffffffffff280100ff010000"},
		{"mq=on,rss=on", Config{Netdev: nd, MQ: true, Features: def.With(RSS)}, "525400123456010001000000ffffffffff288000ff010000"},
		{"hash=on on a netdev that cannot", Config{Netdev: none, Features: def.With(HashReport)}, "525400123456010001000000ffffffffff280100ff010000"},
		{"packed=on", Config{Netdev: nd, Features: def.With(virtio.RingPacked)}, "5254001234560100"},
		{"failover=on", Config{Netdev: nd, Features: def.With(Standby)}, "5254001234560100"},
		{"speed=10000,duplex=half,rss=on", Config{Netdev: nd, Features: def.With(SpeedDuplex, RSS), Speed: 10000},
			"525400123456010001000000" + "10270000" + "00" + "288000ff010000"},
		{"speed and duplex unknown", Config{Netdev: nd, Features: def.With(SpeedDuplex), Speed: -1, Duplex: UnknownDuplex},
			"525400123456010001000000ffffffff" + "ff"},
	} {
		config := device(t, c.config).Info().Config
		b := make([]byte, config.Len())
		if config.Read(0, b); hex.EncodeToString(b) != c.want {
			t.Errorf("%s: %x, want %s", c.name, b, c.want)
		}
	}
}

func TestADriverWritesTheMACAndNothingElse(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	d := device(t, Config{Netdev: nd})
	var got [8]byte
	d.config.Show(0, got[:]) // what it writes around is what it has seen
	d.config.Write(virtio.Features{}, 4, []byte{0xaa, 0xbb, 0xff, 0xff})
	d.config.Write(virtio.Features{}, 6, []byte{0xff})
	d.config.Read(0, got[:])
	if want := [8]byte{0x52, 0x54, 0x00, 0x12, 0xaa, 0xbb, 1, 0}; got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestAMACThatHasABetterWayIsNotWritten(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	for _, c := range []struct {
		name     string
		features virtio.Features
		written  bool
	}{
		{"legacy without CTRL_MAC_ADDR", virtio.FeaturesOf(MAC), true},
		{"legacy with CTRL_MAC_ADDR", virtio.FeaturesOf(MAC, CtrlVQ, CtrlMACAddr), false},
		{"modern", virtio.FeaturesOf(MAC, virtio.Version1), false},
	} {
		d := device(t, Config{Netdev: nd})
		l, err := d.begin(virtio.NewSession(c.features, true, nil))
		if err != nil {
			t.Fatal(err)
		}
		d.config.Write(c.features, 0, []byte{0x02})
		changed := d.currentMAC()[0] == 0x02
		if filtered := l.filter.Load().mac[0] == 0x02; changed != c.written || filtered != c.written {
			t.Errorf("%s: written %v, in the filter %v, want %v", c.name, changed, filtered, c.written)
		}
		d.end(l)
		d.reset()
		if d.currentMAC() != defaultMAC {
			t.Errorf("%s: the reset leaves mac %x", c.name, d.currentMAC())
		}
	}
}

func TestAMACThatWasWrittenBeforeTheDriverWasReadyIsForgottenAtReset(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	d := device(t, Config{Netdev: nd})
	d.config.Write(virtio.FeaturesOf(MAC, virtio.Version1), 0, []byte{0x02})
	if d.currentMAC() != defaultMAC {
		t.Errorf("a modern driver wrote mac %x before DRIVER_OK", d.currentMAC())
	}
	d.config.Write(virtio.FeaturesOf(MAC), 0, []byte{0x02})
	if d.currentMAC() == defaultMAC {
		t.Error("a legacy driver could not write the mac before DRIVER_OK")
	}
	d.Info().Reset()
	if d.currentMAC() != defaultMAC {
		t.Errorf("mac %x after a reset", d.currentMAC())
	}
}

func TestACableThatIsPulledIsToldWhetherOrNotTheDeviceRuns(t *testing.T) {
	for _, c := range []struct {
		name     string
		features virtio.Features
		length   int // of the space
	}{
		{"with STATUS", virtio.FeaturesOf(Status), 8},
		{"without it, in a space that has room", virtio.FeaturesOf(MQ), 10},
		{"without it, in a space that has none", virtio.FeaturesOf(MAC), 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			nd, _ := pipe(t, tapOffload, 1)
			d := device(t, Config{Netdev: nd, Features: c.features, MQ: c.features.Has(MQ)})
			told := 0
			d.config.OnNotify(func() { told++ })
			before := d.config.Generation()
			d.SetLink(false)
			d.SetLink(false)
			if told != 1 || d.config.Generation() == before {
				t.Errorf("told %d times, generation %d after %d", told, d.config.Generation(), before)
			}
			var status [2]byte
			if d.config.Len() != c.length || d.config.Read(configStatus, status[:]) != (c.length > configStatus) || status[0] != 0 {
				t.Errorf("%d bytes, status %x", d.config.Len(), status)
			}
		})
	}
}
